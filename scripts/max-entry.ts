/** Where the bundled `max` lies: what starts it as a process of its own may be compiled, bundled or a test. */
import { fileURLToPath } from "node:url";
import { packageRoot } from "../schemas/package-root.js";

export const maxEntry = fileURLToPath(new URL("dist/bin/max.js", packageRoot));
