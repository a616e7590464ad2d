/** What a member does with a request that only the leader can answer, when one of the two ends does not do its part. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { LeaderLink } from "../cluster/leader-link.js";
import { startApi } from "./api.fixture.js";
import type { ClusterPeer } from "./forward.js";

/** A member, as the API sees it. */
function memberOf(place: Pick<ClusterPeer, "isLeading" | "leaderUrl">): ClusterPeer {
  const status = () => ({ id: "one", role: "follower" as const, epoch: 1, silentMs: 0, entries: {} });
  const link = new LeaderLink("the cluster's token");
  onTestFinished(() => link.close());
  const known = async () => {};
  const roster = { hear() {}, leadsForMs: null, members: () => [] };
  const streams = { find: async () => undefined };
  return { ...place, link, streams, barrier: known, clockIsKnown: known, fault: () => null, status, roster };
}

/** The API of a follower, whose leader answers like this. */
async function startFollower(answer: RequestListener): Promise<string> {
  const leader = createServer(answer).listen(0, "127.0.0.1");
  await once(leader, "listening");
  onTestFinished(() => {
    leader.closeAllConnections();
    leader.close();
  });
  const leaderUrl = `http://127.0.0.1:${(leader.address() as AddressInfo).port}`;
  const cluster = memberOf({ isLeading: false, leaderUrl });
  return (await startApi({ api: () => ({ cluster }) })).url;
}

test.each<[string, number, RequestListener]>([
  ["that dies", 503, ({ socket }) => socket.destroy()],
  ["that refuses it at once", 413, (_asked, answer) => answer.writeHead(413).end("{}")],
])(
  "a body that is left unread by a leader %s does not block the client's connection",
  async (_name, status, leader) => {
    const url = await startFollower(leader);
    const body = "x".repeat(4_000_000);
    const client = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    let answers = "";
    client.setEncoding("latin1").on("data", (text: string) => (answers += text));
    client.write(`POST /api/sectors HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    client.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(client, "data");
    await expect.poll(() => answers.match(/(?<=HTTP\/1\.1 )\d+/g) ?? client.destroyed).toEqual([String(status), "200"]);
  },
);

test("of a client that leaves amid its body nothing stays at the leader", async () => {
  let isOpen = false;
  const url = await startFollower(({ socket }) => {
    isOpen = true;
    socket.once("close", () => (isOpen = false));
  });
  const client = connect(Number(new URL(url).port), "127.0.0.1");
  client.write("POST /api/sectors HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
  await expect.poll(() => isOpen).toBe(true);
  client.destroy();
  await expect.poll(() => isOpen, { timeout: 10_000 }).toBe(false);
});

test("an answer of the leader that breaks off breaks off for the client, too", async () => {
  const url = await startFollower((_asked, answer) => {
    answer.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    answer.write('{"data":', () => answer.destroy());
  });
  const answer = await fetch(`${url}/api/sectors/tech-001/candles`);
  await expect(answer.text()).rejects.toThrow("terminated");
});

test("a leader does not count requests for the member that sends them: it has counted them for its clients", async () => {
  const cluster = memberOf({ isLeading: true, leaderUrl: undefined });
  const { url } = await startApi({ api: () => ({ cluster, rateLimit: { requestsMax: 2 } }) });
  const sectors = new URL("/api/sectors", url);
  for (let count = 0; count < 5; count++) {
    const answer = await cluster.link.send(sectors, { method: "GET", silentMsMax: 60_000 });
    answer.resume();
    expect(answer.statusCode).toBe(200);
  }
  // Of a member only with the cluster's token.
  const stranger = new LeaderLink("another token");
  onTestFinished(() => stranger.close());
  const statuses: (number | undefined)[] = [];
  for (let count = 0; count < 3; count++) {
    const answer = await stranger.send(sectors, { method: "GET", silentMsMax: 60_000 });
    answer.resume();
    statuses.push(answer.statusCode);
  }
  expect(statuses).toEqual([200, 200, 429]);
});
