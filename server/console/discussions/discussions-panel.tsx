/** What is being said, beside the market: the last messages of all rooms. */
import { useMemo } from "preact/hooks";
import { Panel } from "../design/panel.js";
import { discussions, saidAnywhere } from "../feed/discussions.js";
import { Link } from "../permalink/link.js";
import { MessageLog } from "./message-log.js";

export function DiscussionsPanel() {
  const lines = saidAnywhere.value;
  const count = discussions.value.reduce((sum, { messageCount }) => sum + messageCount, 0);
  const live = useMemo(() => ({ lines, count }), [lines, count]);
  return (
    <Panel id="discussions" title="Discussions" flush actions={<Link to={{ view: "discussions" }}>Rooms</Link>}>
      <MessageLog label="The last messages of all rooms" live={live} />
    </Panel>
  );
}
