/** A build of `max demo` that is made dearer by a known share, without a change of the product. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { maxEntry } from "./max-entry.js";

/** Burns so much processor time again as the process has used since it last did. */
function burnAgain(share: number): string {
  return `const everyMs = 100;
    const usedUs = () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    };
    let sinceUs = usedUs();
    setInterval(() => {
      const untilUs = usedUs() + (usedUs() - sinceUs) * ${share};
      while (usedUs() < untilUs);
      sinceUs = usedUs();
    }, everyMs).unref();`;
}

/**
 * A command that starts one.
 *
 * @param share 0.1 for a tenth more processor time; 0 for a build that is the same but for what measures it
 */
export function dearerCommand(folder: string, share: number, flags = ""): string {
  const preload = join(folder, `dearer-${share}.mjs`);
  writeFileSync(preload, burnAgain(share));
  return `node --import ${preload} ${maxEntry} demo ${flags}`;
}
