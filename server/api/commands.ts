/**
 * The only write path from the API to the simulation: creations with their idempotency key, and
 * patches and deletions with their precondition.
 *
 * Invariant: nothing of a rejected request is stored or broadcast, and a repeated key never reaches the world.
 */
import type { Context } from "koa";
import type { Message } from "../../schemas/index.js";
import type { Command } from "../../simulator/index.js";
import type { SimulationHost } from "../simulation/simulation-host.js";
import type { Deadline } from "../store/deadline.js";
import type { StoredResponse, Store } from "../store/store.js";
import { requireRevision, setRevision } from "./conditional.js";
import { type RequestKey, findReply, readRequestKey } from "./idempotency.js";
import { createKeyedQueue } from "./keyed-queue.js";

/** A creation as it will be asked of the world. */
export interface PendingCreation {
  readonly command: Command;
  readonly location: string;
  /** The row that is stored with the command. */
  readonly message?: Message;
  /** The resource as it will be, should no tick come before the command. */
  readonly expected: object;
  /** The resource as the world has it afterwards. @default as expected */
  readonly created?: () => object | undefined;
}

/** What a POST asks for. */
export interface CreationRequest {
  /** As validated. */
  readonly body: unknown;
  /** True when the resource can be patched, so that the reply names its first revision. */
  readonly isRevised: boolean;
  /** Called once, when its turn has come, unless the key is a repeated one. */
  readonly buildCommand: () => PendingCreation;
}

export interface Commands {
  /** An id of the series that posted resources have for themselves, such as `agent-u7`. */
  newId(prefix: string, isTaken: (id: string) => boolean): string;
  /** Answers 201, or what was answered to the same key before. */
  create(context: Context, request: CreationRequest): Promise<void>;
  /**
   * Applies the command if the request's precondition holds of what `find` finds when its turn has come;
   * that throws where there is nothing.
   */
  change(context: Context, find: () => { readonly revision: number }, command: () => Command): Promise<void>;
}

type Reply = Omit<StoredResponse, "key" | "fingerprint">;

function answer(context: Context, reply: Reply, isRevised: boolean): void {
  context.status = reply.status;
  context.set("Location", reply.location);
  if (isRevised) setRevision(context, { revision: 1 });
  context.body = reply.body;
}

export function createCommands(host: SimulationHost, store: Store): Commands {
  const queue = createKeyedQueue();

  async function createNow(buildCommand: () => PendingCreation, deadline: Deadline, key?: RequestKey): Promise<Reply> {
    const { created, expected, location } = await host.execute(() => {
      const creation = buildCommand();
      const { location, expected } = creation;
      return { ...creation, ...(key && { reply: { ...key, status: 201, location, body: expected } }) };
    }, deadline);
    const body = created?.() ?? expected;
    // Ticks may have passed while the command was stored; the same key must get the same reply all the same.
    if (key !== undefined && JSON.stringify(body) !== JSON.stringify(expected)) store.amendReply(key.key, body);
    return { status: 201, location, body };
  }

  return {
    newId(prefix, isTaken) {
      for (;;) {
        const id = `${prefix}-u${store.nextSerial()}`;
        if (!isTaken(id)) return id;
      }
    },

    async create(context, { body, isRevised, buildCommand }) {
      const key = readRequestKey(context, body);
      const deadline = store.deadline();
      if (key === undefined) {
        answer(context, await createNow(buildCommand, deadline), isRevised);
        return;
      }
      const stored = await deadline.race(
        queue.run(`key/${key.key}`, async () => {
          // Whoever asked for it was answered while it waited for its turn.
          deadline.assertLeft();
          const stored = await findReply(store, key);
          return { isReplayed: stored !== undefined, reply: stored ?? (await createNow(buildCommand, deadline, key)) };
        }),
      );
      if (stored.isReplayed) context.set("Idempotent-Replayed", "true");
      answer(context, stored.reply, isRevised);
    },

    async change(context, find, command) {
      await host.execute(() => {
        requireRevision(context, find());
        return { command: command() };
      });
    },
  };
}
