/** `npm run dev`: compiles and bundles on change and restarts the demo; flags after `--` go to `max demo`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const compiler = spawn("npx", ["tsc", "-b", "--watch", "--preserveWatchOutput"], { cwd: root, stdio: "inherit" });
const bundler = spawn("npx", ["vite", "build", "--watch", "--config", "server/console/vite.config.mjs"], {
  cwd: root,
  stdio: "inherit",
});
const demo = spawn(
  process.execPath,
  ["--watch", "--watch-preserve-output", "dist/scripts/max.js", "demo", ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: "inherit",
  },
);
const stop = () => {
  compiler.kill();
  bundler.kill();
  demo.kill();
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
compiler.on("exit", stop);
bundler.on("exit", stop);
demo.on("exit", stop);
