/** What the snippets print at this moment: the last event of each kind, brought up to date once a second. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Panel } from "../design/panel.js";
import { lastEventOf } from "../feed/event-log.js";
import { toJson } from "../inspector/event-filter.js";
import { Link } from "../permalink/link.js";
import { eventNames } from "./snippets.js";

const everyMs = 1000;

export function LatestEvents() {
  const drawn = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => drawn.value++, everyMs);
    return () => clearInterval(timer);
  }, []);
  void drawn.value;
  return (
    <Panel id="latest" title="What then arrives">
      <ul class="latest-events">
        {eventNames.map((name) => {
          const last = lastEventOf(name);
          return (
            <li key={name}>
              <Link to={{ view: "inspector", event: name, entity: undefined, verdict: undefined, find: undefined }}>
                {name}
              </Link>
              <code>{last === undefined ? "none since this page was opened" : toJson(last)}</code>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
