/**
 * Many stock clients in a process of their own, for the storm test: the server's event loop must be its own.
 * Arguments: port, number of clients. Says "open" once all are connected, and "back" each time all are again.
 */
import { io } from "socket.io-client";

const [port, count] = process.argv.slice(2).map(Number);
const openingMax = 50;
const connected = new Set();
let started = 0;
let isOpen = false;

function start() {
  started += 1;
  const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  client.on("connect", () => {
    connected.add(client);
    if (!isOpen && started < count) start();
    if (connected.size < count) return;
    process.send(isOpen ? "back" : "open");
    isOpen = true;
  });
  client.on("disconnect", () => connected.delete(client));
}

for (let opening = 0; opening < Math.min(openingMax, count); opening++) start();
process.on("disconnect", () => process.exit());
