/** Programs that subscribe to this very server, ready to be copied. Each of them is run by a test. */

/** What the snippets name. */
export interface Target {
  /** Origin, and the path that a proxy puts before the server's own; without a slash at its end. */
  readonly url: string;
  readonly sectorId: string;
  readonly discussionId: string;
}

export interface Snippet {
  readonly id: "javascript" | "typescript" | "python" | "curl";
  readonly title: string;
  /** Begins a comment. */
  readonly comment: string;
  readonly write: (target: Target) => string;
}

/** What Socket.IO's clients connect to: the path is an option of theirs, and its default is right at the root. */
function socketOf(url: string): { readonly origin: string; readonly path: string | undefined } {
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname === "/" ? undefined : `${pathname}/socket.io/` };
}

/** The call that connects, in JavaScript. */
function ioCall(url: string): string {
  const { origin, path } = socketOf(url);
  return path === undefined ? `io("${origin}")` : `io("${origin}", { path: "${path}" })`;
}

/** In the order of the documentation. */
export const eventNames = ["market:update", "sector:candle_update", "discussion:new_message", "agent:status_update"];

const javascript = ({ url }: Target): string => `// npm install socket.io-client
import { io } from "socket.io-client";

const socket = ${ioCall(url)};

socket.on("connect", () => console.log("connected"));
socket.on("disconnect", (reason) => console.log("disconnected:", reason));
${eventNames.map((event) => `socket.on("${event}", (payload) => console.log("${event}", payload));`).join("\n")}
`;

const typescript = ({ url }: Target): string => `// npm install socket.io-client max-harness
import type { EventPayloads } from "max-harness/contract";
import { type Socket, io } from "socket.io-client";

type ServerEvents = { [Name in keyof EventPayloads]: (payload: EventPayloads[Name]) => void };

const socket: Socket<ServerEvents> = ${ioCall(url)};

socket.on("market:update", ({ sectorId, value, indexValue, timestamp }) => {
  console.log(timestamp, sectorId ?? "index", value ?? indexValue);
});
socket.on("sector:candle_update", ({ sectorId, candle }) => {
  console.log(candle.timestamp, sectorId, candle.open, candle.high, candle.low, candle.close);
});
socket.on("discussion:new_message", ({ discussionId, message }) => {
  console.log(message.timestamp, discussionId, \`\${message.authorName}: \${message.content}\`);
});
socket.on("agent:status_update", ({ agentId, status }) => {
  console.log(agentId, status);
});
`;

function python({ url }: Target): string {
  const { origin, path } = socketOf(url);
  return `# pip install "python-socketio[client]"
import socketio

client = socketio.Client()

${eventNames
  .map(
    (event) => `@client.on("${event}")\ndef on_${event.replace(":", "_")}(payload):\n    print("${event}", payload)\n`,
  )
  .join("\n\n")}

client.connect("${origin}"${path === undefined ? "" : `, socketio_path="${path}"`})
client.wait()
`;
}

const curl = ({ url, sectorId, discussionId }: Target): string => `# The sectors as they are now
curl "${url}/api/sectors"

# The last ten minutes of one of them, as candles
curl "${url}/api/sectors/${sectorId}/candles?interval=1m&limit=10"

# Say something: every subscriber receives it as discussion:new_message
curl "${url}/api/discussions/${discussionId}/messages" \\
  -H "Content-Type: application/json" \\
  -d '{ "content": "Hello from curl", "authorId": "me" }'

# The state of the simulation, whenever it changes
curl -N "${url}/api/simulation/events"
`;

export const snippets: readonly Snippet[] = [
  { id: "javascript", title: "JavaScript", comment: "//", write: javascript },
  { id: "typescript", title: "TypeScript", comment: "//", write: typescript },
  { id: "python", title: "Python", comment: "#", write: python },
  { id: "curl", title: "curl", comment: "#", write: curl },
];
