/** `npm run bench -- NAME`: runs one benchmark, or all, and prints figures with a hash of what was computed. */
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import type { BenchModule } from "./report.js";

const benches: Readonly<Record<string, () => Promise<BenchModule>>> = {
  simulator: () => import("./simulator.js"),
  fanout: () => import("./fanout.js"),
  rest: () => import("./rest.js"),
  subscribers: () => import("./subscribers.js"),
  agreement: () => import("./agreement.js"),
  flood: () => import("./flood.js"),
  console: () => import("./console.js"),
  start: () => import("./start.js"),
};

const { names, tiny } = yargs(hideBin(process.argv))
  .scriptName("npm run bench --")
  .usage("$0 [names..]", "run benchmarks, all of them without a name; some take minutes", (cli) =>
    cli
      .positional("names", {
        describe: "which",
        type: "string",
        array: true,
        choices: Object.keys(benches),
        default: Object.keys(benches),
      })
      .option("tiny", {
        describe: "the size that the tests run: whether it works at all",
        type: "boolean",
        default: false,
      })
      .example("$0 fanout", "ours against stock Socket.IO and plain ws, on a quiet machine"),
  )
  .strict()
  .version(false)
  .parseSync() as unknown as { readonly names: readonly string[]; readonly tiny: boolean };

for (const name of names) {
  const { run } = await benches[name]!();
  const { name: title, lines, hash } = await run(tiny ? "tiny" : "full");
  process.stdout.write(`${title}\n${lines.join("\n")}\nhash ${hash}\n\n`);
}
