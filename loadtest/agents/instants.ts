/** Moves the instants of a message from one clock to another. Durations, and what is on nobody's clock, stay. */
import type {
  BatchReport,
  FromGenerator,
  GeneratorResult,
  SubscriberReport,
  ToGenerator,
} from "../generator/protocol.js";

type Move = (instantMs: number) => number;

/**
 * @param marginMs by how much an instant may be moved wrongly: what is known up to an instant must not seem to be known
 * for longer
 */
export function moveOrder(message: ToGenerator, move: Move, marginMs: number): ToGenerator {
  switch (message.type) {
    case "batches":
    case "amend": {
      const batches = message.batches.map((batch) => ({ ...batch, intendedMs: move(batch.intendedMs) }));
      return { ...message, batches };
    }
    case "retime":
      return { ...message, instants: message.instants.map(([tick, intendedMs]) => [tick, move(intendedMs)]) };
    case "known":
      return { ...message, atMs: move(message.atMs) - marginMs };
    case "restart":
    case "stage":
      return { ...message, fromMs: move(message.fromMs) };
    case "measure":
      return { ...message, fromMs: move(message.fromMs), toMs: move(message.toMs) };
    case "agreement": {
      const { agreement } = message;
      const inserted = agreement.inserted.map(([before, text, firstMs]) => [before, text, move(firstMs)] as const);
      return { ...message, agreement: { ...agreement, inserted } };
    }
    default:
      return message;
  }
}

function moveBatch([tick, sequence, intendedMs, firstMs, lastMs]: BatchReport, move: Move): BatchReport {
  return [tick, sequence, move(intendedMs), move(firstMs), move(lastMs)];
}

function moveSubscriber({ divergence, ...report }: SubscriberReport, move: Move): SubscriberReport {
  return { ...report, divergence: divergence && { ...divergence, atMs: move(divergence.atMs) } };
}

function moveResult(result: GeneratorResult, move: Move): GeneratorResult {
  return { ...result, worst: result.worst.map((report) => moveSubscriber(report, move)) };
}

export function moveReport(message: FromGenerator, move: Move): FromGenerator {
  switch (message.type) {
    case "proposal": {
      const { proposal } = message;
      const frames = proposal.frames.map((frame) => ({ ...frame, firstMs: move(frame.firstMs) }));
      return { ...message, proposal: { ...proposal, frames } };
    }
    case "second":
      return { ...message, batches: message.batches.map((batch) => moveBatch(batch, move)) };
    case "interim":
      return { ...message, result: moveResult(message.result, move) };
    case "result": {
      const batches = message.batches.map((batch) => moveBatch(batch, move));
      return { ...message, result: moveResult(message.result, move), batches };
    }
    default:
      return message;
  }
}
