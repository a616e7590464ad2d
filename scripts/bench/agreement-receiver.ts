/** The independent receiver of the agreement benchmark, in its own process. */
import { type Arrival, subscribe } from "./agreement-latency.js";
import type { ReceiverCommand, ReceiverReport } from "./agreement-messages.js";

const [url] = process.argv.slice(2);
const arrivals: Arrival[] = [];

function send(report: ReceiverReport): void {
  process.send?.(report);
}

process.on("message", (command: ReceiverCommand) => {
  if (command.order === "join") void subscribe(url, arrivals).then(() => send({ joined: true }));
  else send({ arrivals });
});
