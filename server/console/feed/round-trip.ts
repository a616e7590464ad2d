/**
 * How long the server takes to answer, as this page sees it, and how many bytes compression saves it: one small request,
 * now and then.
 */
import { signal } from "@preact/signals";
import type { Health } from "../../../schemas/index.js";
import { at } from "./base-path.js";

type Broadcasts = NonNullable<Health["broadcasts"]>;

/** Milliseconds; undefined where no answer came. */
export const roundTripMs = signal<number | undefined>(undefined);
/** How many times fewer bytes broadcasts took of late than without compression; undefined while nothing was sent. */
export const compressionRatio = signal<number | undefined>(undefined);
/** Who gets them compressed. */
export const compressedConnections = signal({ compressed: 0, connections: 0 });

const everyMs = 5000;
let before: Pick<Broadcasts, "bytesRaw" | "bytesOnWire"> = { bytesRaw: 0, bytesOnWire: 0 };

function show(broadcasts: Broadcasts): void {
  const { bytesRaw, bytesOnWire, connections, compressed } = broadcasts;
  // A server that was started anew counts from the beginning.
  const since = bytesRaw < before.bytesRaw ? { bytesRaw: 0, bytesOnWire: 0 } : before;
  const onWire = bytesOnWire - since.bytesOnWire;
  if (onWire > 0) compressionRatio.value = (bytesRaw - since.bytesRaw) / onWire;
  compressedConnections.value = { compressed, connections };
  before = { bytesRaw, bytesOnWire };
}

async function measure(): Promise<void> {
  const sentMs = performance.now();
  try {
    const answer = await fetch(at("/health"), { cache: "no-store" });
    roundTripMs.value = answer.ok ? performance.now() - sentMs : undefined;
    if (!answer.ok) return;
    const { broadcasts } = (await answer.json()) as Health;
    if (broadcasts !== undefined) show(broadcasts);
  } catch {
    roundTripMs.value = undefined;
  }
}

export function startRoundTrips(): void {
  void measure();
  setInterval(() => {
    if (!document.hidden) void measure();
  }, everyMs);
}
