/** `npm run dev`: compiles and bundles on change and restarts the demo; flags after `--` go to `max demo`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** In a process group of its own: npx and tsc end without ending what they have started. */
function start(command, args) {
  return spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], detached: true });
}

const children = [
  start("npx", ["tsc", "-b", "--watch", "--preserveWatchOutput"]),
  start("npx", ["vite", "build", "--watch", "--config", "server/console/vite.config.mjs"]),
  start(process.execPath, [
    "--watch",
    "--watch-preserve-output",
    "dist/scripts/max.js",
    "demo",
    ...process.argv.slice(2),
  ]),
];

let isStopping = false;
function stop() {
  if (isStopping) return;
  isStopping = true;
  for (const { pid, exitCode, signalCode } of children) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGTERM");
  }
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
for (const child of children) child.on("exit", stop);
