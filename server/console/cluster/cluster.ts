/** The cluster that the server is a member of, as that tells it: read again and again where it is one. */
import { signal } from "@preact/signals";
import type { Health, HealthMember } from "../../../schemas/generated/types.js";
import { getJson } from "../feed/rest.js";

/** The server as a member, as last told; undefined where it is alone. */
export const member = signal<HealthMember | undefined>(undefined);
/** Whether the last question was not answered. */
export const isUnanswered = signal(false);

const everyMs = 2000;

async function read(): Promise<void> {
  try {
    ({ member: member.value } = await getJson<Health>("/health"));
    isUnanswered.value = false;
  } catch {
    isUnanswered.value = true;
  }
}

/** Asks once, and a member again every two seconds while the page is seen. Returns how to stop it. */
export function followCluster(): () => void {
  void read();
  const timer = setInterval(() => {
    const mayBeMember = member.value !== undefined || isUnanswered.value;
    if (mayBeMember && !document.hidden) void read();
  }, everyMs);
  return () => clearInterval(timer);
}
