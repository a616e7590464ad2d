/** Entry of a generator process: messages of the parent in, the generator's out. It ends with its parent, and by any error. */
import { Generator } from "./generator.js";
import { findMemoryExcess } from "./memory-limit.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";

let generator: Generator | undefined;

function send(message: FromGenerator): void {
  const excess = message.type === "second" ? findMemoryExcess(message.report) : undefined;
  if (excess !== undefined)
    return void process.send?.({ type: "failed", message: excess }, undefined, {}, () => process.exit(1));
  process.send?.(message, undefined, {}, () => {
    if (message.type === "result") process.disconnect();
  });
}

// Nobody reads its warnings any more, which is no reason to end.
process.stderr.on("error", () => {});
// Ctrl-C reaches the whole group of processes; the conductor decides what becomes of the run.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToGenerator | { readonly type: "start"; readonly config: GeneratorConfig }) => {
  if (message.type === "start") generator = new Generator(message.config, send);
  else generator?.handle(message);
});
