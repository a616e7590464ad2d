/** How to connect a client of one's own to this very server. */
import { Choice } from "../design/button.js";
import { CopyButton } from "../design/copy-button.js";
import { Panel } from "../design/panel.js";
import { at, serverUrl } from "../feed/base-path.js";
import { discussions } from "../feed/discussions.js";
import { sectors } from "../feed/market.js";
import { go, parameter } from "../permalink/address.js";
import "./connect.css";
import { LatestEvents } from "./latest-events.js";
import { snippets } from "./snippets.js";

const asked = parameter("language");

const documents = [
  ["/docs", "Documentation", "everything below, from the start"],
  ["/docs/guides", "Guides", "what to do with the server, step by step"],
  ["/docs/events", "Events", "the four events, their payloads and examples"],
  ["/docs/rest", "REST", "resources, requests, answers"],
  ["/docs/problems", "Problems", "every error code, and what to do about it"],
  ["/openapi.json", "OpenAPI", "for generators and REST clients"],
  ["/asyncapi.json", "AsyncAPI", "the same for events"],
] as const;

function Snippets() {
  const { id, comment, write } = snippets.find((snippet) => snippet.id === asked.value) ?? snippets[0]!;
  const text = write({
    url: serverUrl,
    sectorId: sectors.value[0]?.id ?? "tech-001",
    discussionId: discussions.value[0]?.id ?? "disc-123",
  });
  return (
    <Panel
      id="snippet"
      title="Subscribe to this server"
      actions={
        <>
          <Choice
            label="Language"
            options={snippets.map((snippet) => [snippet.id, snippet.title] as const)}
            value={id}
            onChange={(language) => go({ language: language === snippets[0]?.id ? undefined : language }, "replace")}
          />
          <CopyButton text={() => text}>Copy</CopyButton>
        </>
      }
    >
      <pre class="snippet" tabIndex={0} aria-label="Snippet">
        {text
          .trimEnd()
          .split("\n")
          .map((line) => (line.startsWith(comment) ? <span>{`${line}\n`}</span> : `${line}\n`))}
      </pre>
    </Panel>
  );
}

function Facts() {
  return (
    <Panel id="server" title="This server">
      <dl class="connect-facts">
        <dt>Socket.IO</dt>
        <dd>
          <code>{serverUrl}</code>{" "}
          <small>{`path ${at("/socket.io/")},`} default namespace, polling and WebSocket, no login</small>
        </dd>
        <dt>REST</dt>
        <dd>
          <code>{`${serverUrl}/api`}</code> <small>JSON, open but for moving the simulation</small>
        </dd>
        <dt>Control token</dt>
        <dd>
          <code>.max/token</code>{" "}
          <small>
            or <code>MAX_TOKEN</code>, sent as <code>Authorization: Bearer</code> to play, pause, seek and reset
          </small>
        </dd>
      </dl>
    </Panel>
  );
}

export function ConnectView() {
  return (
    <div class="connect-columns">
      <div class="column">
        <Snippets />
        <LatestEvents />
      </div>
      <div class="column">
        <Facts />
        <Panel id="documents" title="Read on">
          <ul class="list">
            {documents.map(([href, title, about]) => (
              <li key={href}>
                <a href={at(href)}>{title}</a>
                <small>{about}</small>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </div>
  );
}
