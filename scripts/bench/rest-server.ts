/** A server of the REST benchmark, in its own process. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Router } from "@koa/router";
import Koa from "koa";
import type { Max } from "../../server/main.js";
import type { BareAnswer, RestServerCommand, RestServerKind, RestServerReport } from "./rest-messages.js";

function report(message: RestServerReport): void {
  process.send?.(message);
}

/** The least that Koa and its router can do for these bytes. */
function serveBare({ path, body, headers }: BareAnswer): void {
  const router = new Router();
  const fields = Object.entries(headers);
  router.get(path, (context) => {
    for (const [name, value] of fields) context.res.setHeader(name, value);
    context.type = "application/json";
    context.body = body;
  });
  const server = createServer(new Koa().use(router.routes()).callback());
  server.listen(0, "127.0.0.1", () => {
    report({ ready: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } });
  });
}

function answerCpu(): void {
  const { user, system } = process.cpuUsage();
  report({ cpu: { us: user + system } });
}

/** Ours, with its world at rest. Loaded only where it is wanted: its peer shall start as bare as it is. */
async function startOurs(): Promise<Max> {
  const { startMax } = await import("../../server/main.js");
  const max = await startMax({ port: 0, seed: "42" });
  await max.simulation.pause();
  return max;
}

const kind = process.argv[2] as RestServerKind;
const max = kind === "ours" ? await startOurs() : null;
process.on("message", (command: RestServerCommand) => {
  if ("answer" in command) serveBare(command.answer);
  else if ("askCpu" in command) answerCpu();
  else {
    max?.simulation.play();
    report({ playing: true });
  }
});
if (max !== null) report({ ready: { url: max.url } });
