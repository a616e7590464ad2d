/** The server of the console benchmark, in its own process: what `max demo` starts, with its history in memory. */
import { startMax } from "../../server/main.js";
import type { ConsoleServerReport } from "./console-messages.js";

const { url, token } = await startMax({ port: 0, seed: "42", speed: Number(process.argv[2]), store: ":memory:" });
const report: ConsoleServerReport = { started: { url, token } };
process.send?.(report);
process.on("disconnect", () => process.exit());
