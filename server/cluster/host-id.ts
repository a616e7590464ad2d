/** Which monotonic clock a process reads. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The running system, and the time namespace where there is one: processes with the same share a monotonic clock. */
export function hostId(): string {
  const parts = [
    () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    () => readlinkSync("/proc/self/ns/time"),
  ].flatMap((read) => {
    try {
      return [read()];
    } catch {
      return [];
    }
  });
  return parts.length > 0 ? parts.join(" ") : hostname();
}
