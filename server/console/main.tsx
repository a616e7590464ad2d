/** The console's entry: takes the token out of the address, connects, and draws the shell. */
import { render } from "preact";
import "./design/tokens.css";
import "./design/base.css";
import "./design/components.css";
import "./shell/shell.css";
import { attempt } from "./feed/attempt.js";
import { startFeed } from "./feed/feed.js";
import { takeToken } from "./feed/token.js";
import { watchFailures } from "./shell/failure-notice.js";
import { Shell } from "./shell/shell.js";
import { followTheme } from "./shell/theme.js";

watchFailures();
for (const start of [takeToken, followTheme, startFeed]) attempt(start);
const root = document.getElementById("console");
if (root === null) throw new Error("#console is missing from index.html");
render(<Shell />, root);
