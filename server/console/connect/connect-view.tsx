/** How to connect a client of one's own to this very server. */
import { Panel } from "../design/panel.js";

export function ConnectView() {
  return (
    <Panel id="connect" title="Connect">
      <p>
        Socket.IO and REST at <code>{location.origin}</code>, explained at <a href="/docs">/docs</a>.
      </p>
    </Panel>
  );
}
