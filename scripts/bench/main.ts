/** `npm run bench -- NAME`: runs one benchmark, or all, and prints figures with a hash of what was computed. */
import { resolve } from "node:path";
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
  cluster: () => import("./cluster.js"),
  "cluster-order": () => import("./cluster-order.js"),
  members: () => import("./members.js"),
  figures: () => import("./figures.js"),
};

const { names, tiny, against } = yargs(hideBin(process.argv))
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
      .option("against", {
        describe: "the folder of another build, to compare this one with (fanout, simulator)",
        type: "string",
        requiresArg: true,
      })
      .example("$0 fanout simulator --against ../before", "this build to another checkout that is built")
      .example("$0 fanout", "ours against stock Socket.IO and plain ws, on a quiet machine"),
  )
  .strict()
  .version(false)
  .parseSync() as unknown as { readonly names: readonly string[]; readonly tiny: boolean; readonly against?: string };

for (const name of names) {
  const { run, compare } = await benches[name]!();
  const size = tiny ? "tiny" : "full";
  if (against !== undefined && compare === undefined) {
    process.stderr.write(`The benchmark ${name} cannot compare two builds; leave --against out.\n`);
    process.exit(2);
  }
  const result = against === undefined ? run(size) : compare!(size, resolve(against));
  const { name: title, lines, hash } = await result;
  process.stdout.write(`${title}\n${lines.join("\n")}\nhash ${hash}\n\n`);
}
