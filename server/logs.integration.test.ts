/** What never stands in a log, whatever is logged: the control token, and the ids that a connection could be taken over with. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";

const token = "a-token-that-would-be-found";

test("the control token and session ids are in no log", async () => {
  const server = fork(fileURLToPath(new URL("logged-server.fixture.mjs", import.meta.url)), {
    env: { ...process.env, MAX_TOKEN: token },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  onTestFinished(() => void server.kill());
  const logs = Promise.all([text(server.stdout!), text(server.stderr!)]);
  const [{ url }] = (await once(server, "message")) as [{ url: string }];
  const secrets = [token];
  function call(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${url}${path}`, init);
  }

  // Right, wrong and misplaced uses of the token, and requests that are refused.
  const authorization = `Bearer ${token}`;
  const control = { method: "POST", headers: { authorization, "content-type": "application/json" } };
  expect((await call("/metrics", { headers: { authorization } })).status).toBe(200);
  expect((await call("/api/simulation/step", { ...control, body: '{"ticks":1}' })).status).toBe(200);
  expect((await call("/api/simulation/step", { ...control, body: '{"ticks":"many"}' })).status).toBe(422);
  expect((await call("/metrics", { headers: { authorization: `${authorization}x` } })).status).toBe(401);
  expect((await call(`/api/nowhere?token=${token}`, { headers: { authorization } })).status).toBe(404);

  // Sessions: a stock client, one that is closed for being too slow, and one that polls with an unknown id.
  const client = io(url, { transports: ["polling", "websocket"], forceNew: true, reconnection: false });
  await once(client as never, "connect");
  secrets.push(client.id!, client.io.engine.id);
  const polling = "/socket.io/?EIO=4&transport=polling";
  const { sid } = JSON.parse((await (await call(polling)).text()).slice(1)) as { sid: string };
  secrets.push(sid);
  await call(`${polling}&sid=${sid}`, { method: "POST", body: "40" });
  const answer = await (await call(`${polling}&sid=${sid}`)).text();
  secrets.push((JSON.parse(answer.slice(answer.indexOf("{"))) as { sid: string }).sid);
  expect((await call(`${polling}&sid=${sid}-unknown`)).status).toBe(400);
  let closed = 400;
  do {
    server.send("advance");
    await once(server, "message");
    closed = (await call("/socket.io/?EIO=4&transport=polling&sid=" + sid, { method: "POST", body: "3" })).status;
  } while (closed === 200);

  client.disconnect();
  server.send("close");
  const written = (await logs).join("\n");
  expect(written).toContain("a request was refused");
  expect(written).toContain("closed a subscriber that was too slow");
  for (const secret of secrets) expect(written).not.toContain(secret);
});
