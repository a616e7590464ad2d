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
import type { RequestKey, Store, StoredResponse } from "../store/store.js";
import { requireRevision, setRevision } from "./conditional.js";
import { findResponse, readRequestKey } from "./idempotency.js";
import { KeyedQueue } from "../core/serial-queue.js";

/** A creation as it will be asked of the world. */
export interface PendingCreation {
  readonly command: Command;
  readonly location: string;
  /** The row that is stored with the command. */
  readonly message?: Message;
  /** The resource as it is when it is created at this instant. */
  readonly resourceAt: (atMs: number) => object;
}

/** What a POST asks for. */
export interface CreationRequest {
  /** As validated. */
  readonly body: unknown;
  /** True when the resource can be patched, so that the response names its first revision. */
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

type Response = Omit<StoredResponse, keyof RequestKey>;

function answer(context: Context, { status, location, body }: Response, isRevised: boolean): void {
  context.status = status;
  context.set("Location", location);
  if (isRevised) setRevision(context, { revision: 1 });
  context.body = body;
}

export function createCommands(host: SimulationHost, store: Store): Commands {
  const queue = new KeyedQueue();

  async function createNow(
    buildCommand: () => PendingCreation,
    deadline: Deadline,
    key?: RequestKey,
  ): Promise<Response> {
    const { pending, atMs } = await host.execute(() => {
      const { location, resourceAt, ...creation } = buildCommand();
      const respond = (atMs: number): Response => ({ status: 201, location, body: resourceAt(atMs) });
      return { ...creation, respond, ...(key && { key }) };
    }, deadline);
    return pending.respond(atMs);
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
      const response = await deadline.race(
        queue.run(key.key, async () => {
          // Whoever asked for it was answered while it waited for its turn.
          deadline.assertLeft();
          const stored = await findResponse(store, key);
          if (stored !== undefined) context.set("Idempotent-Replayed", "true");
          return stored ?? (await createNow(buildCommand, deadline, key));
        }),
      );
      answer(context, response, isRevised);
    },

    async change(context, find, command) {
      await host.execute(() => {
        requireRevision(context, find());
        return { command: command() };
      });
    },
  };
}
