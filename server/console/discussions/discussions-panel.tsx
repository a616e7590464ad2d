/** What is being said, beside the market: the last messages of all rooms, newest first. */
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { messages } from "../feed/discussions.js";

const messagesShown = 30;

export function DiscussionsPanel() {
  const last = [...messages.value.values()]
    .flat()
    .sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    .slice(0, messagesShown);
  return (
    <Panel id="discussions" title="Discussions">
      {last.length === 0 ? (
        <EmptyState title="Nothing said yet">Messages appear here as they come.</EmptyState>
      ) : (
        <ol class="messages">
          {last.map(({ id, authorName, content, timestamp }) => (
            <li key={id}>
              <b>{authorName}</b> <time dateTime={timestamp}>{timestamp.slice(11, 19)}</time>
              <p>{content}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
