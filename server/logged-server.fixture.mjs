/** A server in a process of its own that logs all there is, on stderr. Says its URL. Its token is MAX_TOKEN. */
import { createLogger } from "../dist/server/core/logger.js";
import { startMax } from "../dist/server/main.js";

const token = process.env.MAX_TOKEN;
const slow = { hardBacklogBytesMax: 10_000, softBacklogBytesMax: 0 };
const max = await startMax({ port: 0, clock: "manual", drainMs: 100, token, slow, logger: createLogger("debug") });
process.send({ url: max.url });
process.on("message", async (order) => {
  if (order === "advance") {
    max.advance("1m");
    process.send("advanced");
  } else {
    await max.close();
    process.exit();
  }
});
