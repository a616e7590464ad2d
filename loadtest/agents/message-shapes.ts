/** What the messages of an agent must look like. The compiler asks for each field of the types that they are sent as. */
import type { Summary } from "../../schemas/index.js";
import { LatencyHistogram } from "../core/histogram.js";
import type {
  AddressReport,
  BatchReport,
  CountedFault,
  EventCounts,
  FromGenerator,
  GeneratorCost,
  GeneratorResult,
  ReasonCount,
  RestartReport,
  SecondReport,
  SubscriberReport,
  TransportReport,
} from "../generator/protocol.js";
import { workersMax } from "../core/options.js";
import type { DeliveryCounts } from "../oracle/delivery-counts.js";
import type { ProposedDisorder, ProposedFrame, StreamProposal } from "../oracle/stream-proposal.js";
import { subscriberKinds } from "../oracle/subscriber-kind.js";
import type { FromAgent } from "./protocol.js";
import {
  type Shape,
  amount,
  anyNumber,
  count,
  countTo,
  flag,
  listOf,
  nullable,
  object,
  oneOf,
  text,
  textThat,
  tuple,
  union,
} from "./shape.js";

const histogram = textThat("an encoded histogram", (encoded) => LatencyHistogram.merge([encoded]).count >= 0);
const reasons: Shape<readonly ReasonCount[]> = listOf(tuple<[string, number]>(text, count));

const deliveryCounts = object<DeliveryCounts>({
  received: count,
  lost: count,
  duplicated: count,
  reordered: count,
  corrupted: count,
  unexpected: count,
  conflated: count,
  missed: count,
});

const eventCounts = object<EventCounts>({
  received: count,
  lost: count,
  duplicated: count,
  reordered: count,
  corrupted: count,
  unexpected: count,
});

const fault = object<CountedFault>({ event: text, pointer: text, keyword: text, detail: text, deliveries: count });

const subscriber = object<SubscriberReport>({
  subscriber: text,
  address: count,
  faults: deliveryCounts,
  latencyMeanMs: nullable(amount),
  latencyMaxMs: anyNumber,
  divergence: nullable(object({ kind: text, tick: count, expected: text, received: text, atMs: anyNumber })),
});

const second = object<SecondReport>({
  second: count,
  latency: nullable(histogram),
  deliveries: count,
  connected: count,
  utilisation: amount,
  rssBytes: amount,
  faults: count,
  evidence: listOf(text),
});

const batches: Shape<readonly BatchReport[]> = listOf(
  tuple<[number, number, number, number, number]>(count, count, anyNumber, anyNumber, anyNumber),
);

const result = object<GeneratorResult>({
  counts: deliveryCounts,
  addresses: listOf(
    object<AddressReport>({
      connected: count,
      dropped: count,
      refused: count,
      counts: deliveryCounts,
      latency: nullable(histogram),
    }),
  ),
  clients: object<GeneratorResult["clients"]>({
    connected: count,
    silent: count,
    thin: count,
    compressed: count,
    websocket: count,
    polling: count,
  }),
  absences: object<GeneratorResult["absences"]>({
    dropped: count,
    returned: count,
    resumed: count,
    back: histogram,
    replay: histogram,
  }),
  restarts: listOf(
    object<RestartReport>({ stage: count, dropped: count, resumed: count, missed: count, back: histogram }),
  ),
  refusals: reasons,
  drops: reasons,
  shortages: reasons,
  connect: nullable(histogram),
  // Timed by the host's own wall clock, which is nobody else's.
  payload: { check: () => {} },
  checkedDistinct: count,
  violations: listOf(fault),
  divergences: listOf(fault),
  events: listOf(tuple<[string, EventCounts]>(text, eventCounts)),
  stages: listOf(tuple<[string, EventCounts]>(text, eventCounts)),
  latencies: object<GeneratorResult["latencies"]>({
    events: listOf(tuple<[string, string]>(text, histogram)),
    stages: listOf(tuple<[number, string]>(count, histogram)),
  }),
  arrival: nullable(histogram),
  transports: listOf(
    object<TransportReport>({
      transport: oneOf(...subscriberKinds),
      connected: count,
      counts: deliveryCounts,
      latency: nullable(histogram),
    }),
  ),
  worst: listOf(subscriber),
  latencyMeans: listOf(amount),
  cost: nullable(
    object<GeneratorCost>({
      elapsedMs: anyNumber,
      cpuMs: amount,
      deliveries: count,
      thinBytes: count,
      thinDeliveries: count,
    }),
  ),
  missedMs: amount,
  evidence: listOf(text),
});

const disorder = object<ProposedDisorder>({
  frames: listOf(count),
  orders: listOf(tuple<[readonly number[], number]>(listOf(count), count)),
});

const proposal = object<StreamProposal>({
  frames: listOf(
    object<ProposedFrame>({
      tick: count,
      sequence: count,
      text,
      taken: count,
      passed: count,
      begun: count,
      firstMs: anyNumber,
      isReference: flag,
    }),
  ),
  disorders: listOf(disorder),
  isEnd: flag,
});

const fromGenerator = union<FromGenerator>({
  proposal: object({ proposal }),
  sync: object({}),
  second: object({ report: second, batches }),
  counts: object({ connected: count, lost: count }),
  drained: object({}),
  interim: object({ result }),
  result: object({ result, batches }),
  failed: object({ message: text }),
});

const hostName = textThat("the name of a host, 1 to 100 letters, digits, dots, hyphens or underscores", (name) =>
  /^[\w.-]{1,100}$/.test(name),
);

export const fromAgent = union<FromAgent>({
  hello: object({
    version: text,
    simulatorVersion: text,
    host: hostName,
    workers: nullable(countTo(workersMax)),
    workersMax: countTo(workersMax),
    environment: object<Summary["environment"]>({
      node: text,
      platform: text,
      cpuModel: text,
      cores: count,
      memoryBytes: count,
      openFilesMax: nullable(count),
    }),
  }),
  clock: object({ sentMs: anyNumber }),
  ready: object({}),
  report: object({ generator: count, message: fromGenerator }),
  host: object({ uncertaintyMs: amount, evidence: listOf(text) }),
});
