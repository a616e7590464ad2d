/** `npm run bench -- NAME`: runs one benchmark, or all, and prints figures with a hash of what was computed. */
import { CliError, exitCodes } from "../cli-error.js";
import type { BenchModule } from "./bench.js";

const benches: Readonly<Record<string, () => Promise<BenchModule>>> = {
  simulator: () => import("./simulator.js"),
  fanout: () => import("./fanout.js"),
  rest: () => import("./rest.js"),
  subscribers: () => import("./subscribers.js"),
  agreement: () => import("./agreement.js"),
  console: () => import("./console.js"),
};

function load(name: string): Promise<BenchModule> {
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined) {
    throw new CliError(
      exitCodes.usage,
      `There is no benchmark "${name}"; there are ${Object.keys(benches).join(", ")}.`,
    );
  }
  return bench();
}

const size = process.argv.includes("--tiny") ? "tiny" : "full";
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

try {
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    const bench = await load(name);
    const result = await bench.run(size);
    process.stdout.write(`${result.name}\n${result.lines.join("\n")}\nhash ${result.hash}\n\n`);
  }
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
