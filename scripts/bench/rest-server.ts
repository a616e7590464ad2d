/** A server of the REST benchmark, in its own process. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Router } from "@koa/router";
import Koa from "koa";
import { startMax } from "../../server/main.js";
import type { BareAnswer, RestServerCommand, RestServerKind, RestServerReport } from "./rest-messages.js";

function report(message: RestServerReport): void {
  process.send?.(message);
}

/** The least that Koa and its router can do for these bytes. */
function serveBare({ path, body }: BareAnswer): void {
  const router = new Router();
  router.get(path, (context) => {
    context.type = "application/json";
    context.body = body;
  });
  const server = createServer(new Koa().use(router.routes()).callback());
  server.listen(0, "127.0.0.1", () => {
    report({ ready: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } });
  });
}

process.on("message", (command: RestServerCommand) => {
  if ("answer" in command) {
    serveBare(command.answer);
    return;
  }
  const { user, system } = process.cpuUsage();
  report({ cpu: { us: user + system } });
});

const kind = process.argv[2] as RestServerKind;
if (kind !== "bare") {
  const { url } = await startMax({ port: 0, seed: "42", clock: kind === "live" ? "real" : "manual" });
  report({ ready: { url } });
}
