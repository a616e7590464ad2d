/** A server as users of the original run it: FastAPI and python-socketio from Debian, on the system's own Python. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../server/core/free-port.fixture.js";

const python = "/usr/bin/python3";

/** Whether this machine has what the server needs. */
export const isPythonThere = spawnSync(python, ["-c", "import fastapi, uvicorn, socketio"]).status === 0;

export const pythonRemedy = "apt-get install python3-fastapi python3-uvicorn python3-socketio";

/** What is wrong with the server: nothing, timestamps without a zone, a NaN price, 200 for an unknown agent. */
export type PythonDefect = "nothing" | "naive" | "nan" | "unknown-id";

export interface PythonServer extends AsyncDisposable {
  readonly url: string;
}

export async function startPythonServer(wrong: PythonDefect = "nothing"): Promise<PythonServer> {
  const port = await freePort();
  const file = fileURLToPath(new URL("python-server.fixture.py", import.meta.url));
  const child = spawn(python, [file, String(port), wrong], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
