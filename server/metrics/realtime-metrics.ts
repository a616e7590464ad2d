/**
 * The realtime server's counters as Prometheus metrics, and the delay of the event loop beside them.
 *
 * Nothing is measured here: each scrape reads what has been counted anyway. Labels are events,
 * transports and reasons of ours, never anything that a client chose.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Counts, RealtimeCounters } from "../realtime/index.js";

/** What is read of a source. */
export interface MetricsSource {
  readonly counters: RealtimeCounters;
}

interface Labelled {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly read: (counters: RealtimeCounters) => Counts;
}

interface Plain {
  readonly name: string;
  readonly help: string;
  readonly read: (counters: RealtimeCounters) => number;
}

const labelledTotals: readonly Labelled[] = [
  { name: "max_events_total", help: "Broadcasts accepted.", label: "event", read: ({ events }) => events },
  {
    name: "max_deliveries_total",
    help: "Events handed to subscribers' connections.",
    label: "event",
    read: ({ deliveries }) => deliveries,
  },
  {
    name: "max_conflated_total",
    help: "Events skipped (conflated) for slow subscribers.",
    label: "event",
    read: ({ conflated }) => conflated,
  },
  {
    name: "max_slow_closed_total",
    help: "Subscribers closed for being too slow.",
    label: "reason",
    read: ({ slowClosed }) => slowClosed,
  },
  {
    name: "max_connections_closed_total",
    help: "Connections that ended.",
    label: "reason",
    read: ({ connectionsClosed }) => connectionsClosed,
  },
  {
    name: "max_handshakes_refused_total",
    help: "Handshakes refused.",
    label: "reason",
    read: ({ handshakesRefused }) => handshakesRefused,
  },
  {
    name: "max_inbound_refused_total",
    help: "What clients sent and was not taken.",
    label: "reason",
    read: ({ inboundRefused }) => inboundRefused,
  },
  {
    name: "max_broadcast_bytes_total",
    help: "Bytes of broadcasts for all subscribers together, uncompressed (raw) and as they left (wire).",
    label: "form",
    read: ({ bytesRaw, bytesOnWire }) => ({ raw: bytesRaw, wire: bytesOnWire }),
  },
  {
    name: "max_recoveries_refused_total",
    help: "Clients that came back after a break and started anew.",
    label: "reason",
    read: ({ recoveriesRefused }) => recoveriesRefused,
  },
];

const plainTotals: readonly Plain[] = [
  {
    name: "max_connections_opened_total",
    help: "Connections that began.",
    read: ({ connectionsOpened }) => connectionsOpened,
  },
  {
    name: "max_recovered_total",
    help: "Clients that came back after a break and got what they had missed.",
    read: ({ recovered }) => recovered,
  },
  { name: "max_batches_total", help: "Batches handed out.", read: ({ batches }) => batches },
  {
    name: "max_fanout_seconds_total",
    help: "Time spent in handing out batches.",
    read: ({ fanoutSeconds }) => fanoutSeconds,
  },
];

const labelledGauges: readonly Labelled[] = [
  {
    name: "max_connections",
    help: "Connections at this moment.",
    label: "transport",
    read: ({ connections }) => connections,
  },
  {
    name: "max_compression_connections",
    help: "Connections at this moment: in the shared deflate stream, waiting for its next cut, or not compressed.",
    label: "state",
    read: ({ compression }) => compression,
  },
];

const plainGauges: readonly Plain[] = [
  {
    name: "max_fanout_seconds_max",
    help: "The longest handing out of a batch since the start.",
    read: ({ fanoutSecondsMax }) => fanoutSecondsMax,
  },
  { name: "max_slow_subscribers", help: "Subscribers who are behind.", read: ({ slow }) => slow },
  {
    name: "max_backlog_bytes_max",
    help: "The largest backlog of a subscriber since the start.",
    read: ({ backlogBytesMax }) => backlogBytesMax,
  },
];

const nanosecondsASecond = 1e9;

/**
 * Registers the realtime metrics. Returns how to stop measuring the event loop.
 *
 * @example const stop = registerMetrics(registry, realtime);
 */
export function registerMetrics(registry: Registry, source: MetricsSource): () => void {
  const registers = [registry];
  for (const { name, help, label, read } of labelledTotals) {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect: () => copy(counter, label, read(source.counters)),
    });
  }
  for (const { name, help, read } of plainTotals) {
    const counter: Counter = new Counter({ name, help, registers, collect: () => set(counter, read(source.counters)) });
  }
  for (const { name, help, read } of plainGauges) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read(source.counters)) });
  }
  for (const { name, help, label, read } of labelledGauges) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [value, count] of Object.entries(read(source.counters))) gauge.set({ [label]: value }, count);
      },
    });
  }
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  registerEventLoopDelay(registers, delay);
  return () => void delay.disable();
}

/** A counter that is read, not incremented: prom-client has no way to set one. */
function set(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}

function copy(counter: Counter, label: string, counts: Counts): void {
  counter.reset();
  for (const [name, count] of Object.entries(counts)) counter.inc({ [label]: name }, count);
}

/** Percentiles since the last scrape. */
function registerEventLoopDelay(registers: Registry[], delay: IntervalHistogram): void {
  const gauge: Gauge = new Gauge({
    name: "max_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const percentile of [50, 99, 100])
        gauge.set({ quantile: percentile / 100 }, delay.percentile(percentile) / nanosecondsASecond);
      delay.reset();
    },
  });
}
