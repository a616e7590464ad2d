/** Servers that a command starts: where they are found, and that nothing of them is left. */
import { expect, onTestFinished, test } from "vitest";
import { isSkippedWithout } from "../schemas/requirement.fixture.js";
import { exitCodes } from "./cli-error.js";
import { type CommandServer, type CommandServerOptions, findAddress, startCommandServer } from "./command-server.js";

/** A command that answers every request, at a port that it prints or is given. */
function serve(port: string, before = ""): string {
  const listen = `require("http").createServer((q, a) => a.end()).listen(${port}, "127.0.0.1", function () { console.log("ready at http://127.0.0.1:" + this.address().port + "/x") })`;
  return `node -e '${before}${listen}'`;
}

async function start(options: Partial<CommandServerOptions> & Pick<CommandServerOptions, "command">) {
  const server = await startCommandServer({ role: "server A", env: {}, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function expectAnswer({ url }: CommandServer): Promise<void> {
  expect((await fetch(url)).status).toBe(200);
}

test.each([
  ["Console  http://localhost:8000/?token=x", "http://localhost:8000"],
  ["\u001B[1mhttp://127.0.0.1:\u001B[36m5173/\u001B[0m", "http://127.0.0.1:5173"],
  ["Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", "http://localhost:8000"],
  ["see https://nodejs.org/api, listening on http://[::1]:3000", "http://[::1]:3000"],
  ["see https://nodejs.org/api", undefined],
  ["http://", undefined],
])("in %j the address is %s", (line, address) => {
  expect(findAddress(line)).toBe(address);
});

test("a server is found by what it prints, or at the port that it is given", async () => {
  await expectAnswer(await start({ command: serve("0") }));
  const given = await start({ command: serve("{port}") });
  expect(given.url).toMatch(/^http:\/\/localhost:\d+$/);
  await expectAnswer(given);
});

test("its variables are its own", async () => {
  const { url } = await start({ command: serve("process.env.OWN_PORT"), env: { OWN_PORT: "0" } });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
});

test("all processes of a command are ended with it, one that ignores SIGTERM too", async ({ skip }) => {
  skip(isSkippedWithout(process.platform === "linux"), "only Linux has /proc");
  const deaf = 'process.on("SIGTERM", () => {});';
  const child = `sleep 1000 & ${serve("0", deaf)}`;
  const server = await startCommandServer({ command: child, role: "server A", env: {}, stopMsMax: 200 });
  expect(server.pids().length).toBeGreaterThanOrEqual(3);
  await server.stop();
  await expect.poll(() => server.pids(), { timeout: 20_000 }).toEqual([]);
  await expect(fetch(server.url)).rejects.toThrow("fetch failed");
});

test("a command that ends tells why, and one without an address what it lacks", async () => {
  const failing = start({ command: "echo the port is taken >&2; exit 3" });
  await expect(failing).rejects.toMatchObject({
    exitCode: exitCodes.couldNotStart,
    message: expect.stringMatching(
      /^The server A did not start \(echo .*\): it ended with exit code 3: the port is taken$/,
    ),
  });
  await expect(start({ command: "sleep 1000", startMsMax: 200 })).rejects.toThrow(
    /it gave no answer within 0\.2 s\. A command prints its address, or has \{port\} where its port belongs\.$/,
  );
});

test("a start that is given up leaves nothing", async () => {
  const controller = new AbortController();
  const starting = start({ command: "sleep 1000", signal: controller.signal });
  controller.abort();
  await expect(starting).rejects.toMatchObject({ exitCode: exitCodes.interrupted });
});
