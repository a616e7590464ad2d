/** A way to Postgres, or to another server, that can be cut, and mended again. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";
import type { Store } from "./store.js";
import { openTestStore, postgresSchema, timeline } from "./store.fixture.js";

export interface CuttableWay {
  /** Of what it leads to, by this way. */
  readonly url: string;
  cut(): void;
  /** Cuts right after a commit has passed, before its answer. */
  cutAtNextCommit(): void;
  /** What is asked arrives; what is answered does not, before `answer`. */
  silence(): void;
  answer(): void;
  mend(): Promise<void>;
}

/** @param to such as `redis://localhost:6379` @default a Postgres schema of its own */
export async function startCuttableWay(to?: string): Promise<CuttableWay> {
  const url = new URL(to ?? (await postgresSchema()));
  const target = { port: Number(url.port || (to === undefined ? 5432 : 6379)), host: url.hostname };
  const sockets = new Set<Socket>();
  let server: Server;
  let isArmed = false;
  let isSilent = false;
  const held: (() => void)[] = [];
  let port = 0;
  function cut(): void {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  }
  async function mend(): Promise<void> {
    server = createServer((near) => {
      const far = connect(target);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => sockets.delete(socket));
      }
      near.on("data", (bytes) => {
        const isLast = isArmed && bytes.includes("commit");
        far.write(bytes, () => {
          if (!isLast) return;
          isArmed = false;
          // The server has it; its answer never arrives.
          near.destroy();
          server.close();
          far.once("data", () => far.destroy());
        });
      });
      far.on("data", (bytes) => {
        if (isSilent) held.push(() => near.write(bytes));
        else near.write(bytes);
      });
      near.on("end", () => far.end());
      far.on("end", () => near.end());
    });
    await new Promise<void>((resolve) => {
      server.listen(port, "127.0.0.1", resolve);
    });
    ({ port } = server.address() as AddressInfo);
  }
  await mend();
  onTestFinished(cut);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    cut,
    cutAtNextCommit: () => void (isArmed = true),
    silence: () => void (isSilent = true),
    answer() {
      isSilent = false;
      for (const send of held.splice(0)) send();
    },
    mend,
  };
}

/** A store behind such a way, whose timeline has begun. */
export async function openCuttableStore(): Promise<{ readonly way: CuttableWay; readonly store: Store }> {
  const way = await startCuttableWay();
  const store = await openTestStore(way.url);
  store.begin(timeline);
  return { way, store };
}
