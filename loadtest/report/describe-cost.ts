/** What the load cost server and generator, in a sentence each, the same on the screen and in Markdown. */
import type { Summary } from "../../schemas/index.js";
import { formatBytes, formatMs, formatPercent } from "../core/format.js";

function formatMicroseconds(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(value < 10 ? 2 : 1)} µs`;
}

/** Bytes of one thing. */
function formatSize(bytes: number): string {
  return bytes < 10_240 ? `${Math.round(bytes)} bytes` : `${Math.round(bytes / 1024)} KiB`;
}

/** Rows of a table: what, and how much of it. Nothing where nothing is known. */
export function costRows({ server, generator }: Summary): (readonly [string, string])[] {
  const { cpuUsPerDelivery, cpuCores, bytesPerDelivery, residentBytes, residentBytesPerConnection } = server;
  const { eventLoopDelayMs, gcShare, costExplanation } = server;
  const rows: (readonly [string, string | undefined])[] = [
    ["Cost of the server", costExplanation === null ? undefined : `not known: ${costExplanation}`],
    ["CPU of the server", cpuUsPerDelivery === null ? undefined : `${formatMicroseconds(cpuUsPerDelivery)} a delivery`],
    ["Cores of the server", cpuCores === null ? undefined : cpuCores.toFixed(2)],
    ["Bytes on the wire", bytesPerDelivery === null ? undefined : `${formatSize(bytesPerDelivery)} a delivery`],
    ["Memory of the server", residentBytes === null ? undefined : formatBytes(residentBytes)],
    [
      "Memory for a connection",
      residentBytesPerConnection === null ? undefined : formatSize(residentBytesPerConnection),
    ],
    [
      "Event loop of the server late by",
      eventLoopDelayMs.p99 === null
        ? undefined
        : `${formatMs(eventLoopDelayMs.p50)} (p50), ${formatMs(eventLoopDelayMs.p99)} (p99), ${formatMs(eventLoopDelayMs.max)} (max)`,
    ],
    ["Garbage collection of the server", gcShare === null ? undefined : formatPercent(gcShare)],
    [
      "CPU of the generator",
      generator.cpuUsPerDelivery === null ? undefined : `${formatMicroseconds(generator.cpuUsPerDelivery)} a delivery`,
    ],
  ];
  return rows.flatMap(([what, found]) => (found === undefined ? [] : [[what, found] as const]));
}

/** One line; nothing where neither is known. */
export function describeCost({ server, generator }: Summary): string[] {
  const { cpuUsPerDelivery, bytesPerDelivery, residentBytesPerConnection, eventLoopDelayMs, gcShare } = server;
  const parts = [
    ...(cpuUsPerDelivery === null ? [] : [`${formatMicroseconds(cpuUsPerDelivery)} of CPU a delivery`]),
    ...(bytesPerDelivery === null ? [] : [`${formatSize(bytesPerDelivery)} a delivery`]),
    ...(residentBytesPerConnection === null ? [] : [`${formatSize(residentBytesPerConnection)} a connection`]),
    ...(eventLoopDelayMs.p99 === null ? [] : [`event loop late by ${formatMs(eventLoopDelayMs.p99)} (p99)`]),
    ...(gcShare === null ? [] : [`${formatPercent(gcShare)} in garbage collection`]),
  ];
  const own = generator.cpuUsPerDelivery;
  const generators = own === null ? "" : `; the generator ${formatMicroseconds(own)} of CPU a delivery`;
  return parts.length === 0 ? [] : [`Server: ${parts.join(", ")}${generators}`];
}
