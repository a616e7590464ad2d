/** `npm run dev`: compiles and bundles on change and restarts the demo; flags after `--` go to `max demo`. */
import { type ChildProcess, spawn } from "node:child_process";
import { packageRoot } from "../../schemas/package-root.js";

/** In a process group of its own: npx and tsc exit without ending what they have started. */
function start(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { cwd: packageRoot, stdio: ["ignore", "inherit", "inherit"], detached: true });
}

const demo = ["--watch", "--watch-preserve-output", "dist/bin/max.js", "demo"];
const children = [
  start("npx", ["tsc", "-b", "--watch", "--preserveWatchOutput"]),
  start("npx", ["vite", "build", "--watch", "--config", "server/console/vite.config.mjs"]),
  start("npx", ["vite", "build", "--watch", "--config", "scripts/build/modules.config.mjs"]),
  start(process.execPath, [...demo, ...process.argv.slice(2)]),
];

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  for (const { pid, exitCode, signalCode } of children) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGTERM");
  }
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
for (const child of children) child.on("exit", stop);
