/** Bare servers that do whatever they are told to, and are gone at the end. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { type AddressInfo, type Socket, createServer as createTcpServer } from "node:net";

export interface HostileServer extends AsyncDisposable {
  readonly url: string;
}

/** Listens on a free port. */
export async function listenOn(server: ReturnType<typeof createTcpServer>): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export const tcp = (serve: (socket: Socket) => void) => async (): Promise<HostileServer> =>
  await listenOn(createTcpServer(serve));
export const http = (serve: RequestListener) => async (): Promise<HostileServer> => await listenOn(createServer(serve));
