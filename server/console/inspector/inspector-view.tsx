/** Every event as it came. */
import { Panel } from "../design/panel.js";
import { eventCount, eventLog } from "../feed/event-log.js";

const eventsShown = 50;

export function InspectorView() {
  // The log is no signal; the count is, and changes with it once a frame.
  const shown = eventCount.value === 0 ? [] : eventLog.toArray().slice(-eventsShown).toReversed();
  return (
    <Panel id="inspector" title={`Inspector: ${eventCount.value} events`}>
      <ol class="messages">
        {shown.map(({ sequence, name, payload }) => (
          <li key={sequence}>
            <b>{name}</b>
            <p>
              <code>{JSON.stringify(payload)}</code>
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
