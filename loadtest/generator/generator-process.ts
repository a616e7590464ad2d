/** Entry of a generator process: messages of the parent in, the generator's out. It ends with its parent, and by any error. */
import { Generator } from "./generator.js";
import { findMemoryExcess } from "./memory-limit.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";

/** What subscribers send last has left by then, a poll's request too. */
const leaveMs = 500;

interface StartMessage {
  readonly type: "start";
  readonly config: GeneratorConfig;
  readonly keeps: boolean;
}

let generator: Generator | undefined;
/** Another generator may follow, with the subscribers of this one. */
let keeps = false;

/** No other generator follows. */
function leave(): void {
  generator?.connections.leave();
  setTimeout(() => process.exit(0), leaveMs);
}

function send(message: FromGenerator): void {
  const excess = message.type === "second" ? findMemoryExcess(message.report) : undefined;
  if (excess !== undefined)
    return void process.send?.({ type: "failed", message: excess }, undefined, {}, () => process.exit(1));
  process.send?.(message, undefined, {}, () => {
    if (message.type === "result" && !keeps) process.disconnect();
  });
}

// Nobody reads its warnings any more, which is no reason to end.
process.stderr.on("error", () => {});
// Ctrl-C reaches the whole group of processes; the conductor decides what becomes of the run.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToGenerator | StartMessage | { readonly type: "leave" }) => {
  if (message.type === "leave") return leave();
  if (message.type !== "start") return generator?.handle(message);
  ({ keeps } = message);
  generator = new Generator(message.config, send, { keeps, before: generator });
});
