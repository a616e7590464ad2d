/**
 * One agent: who it is, its status, and when the status changes next.
 *
 * Its only random numbers come from a stream of its own, so what it does depends on nobody else.
 * Invariant: an agent in an outage stays in error until the outage ends, whatever its process says.
 */
import { hashText, mix, unit } from "../core/hash.js";
import { type Stream, type StreamState, createStream, restoreStream } from "../../random/stream.js";
import type { AgentPatch, AgentView, NewAgent, SimEvent } from "../../core/types.js";
import { SIMULATOR_VERSION } from "../../core/version.js";
import { type StatusProcess, never } from "./status-process.js";
import { type Voice, voiceOf } from "../language/voices.js";
import type { ScenarioAgent } from "../../../schemas/index.js";

/** An agent at rest, as plain JSON. */
export interface AgentState {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly voice?: Voice;
  readonly sectorId?: string;
  readonly status: string;
  readonly statusSinceMs: number;
  readonly revision: number;
  readonly dueSeconds: number;
  readonly outageEndsMs: number;
  readonly stream: StreamState;
}

/** Within how many seconds an idle agent wakes when something happens. */
const wakeSecondsMax = 8;

export class Agent {
  readonly id: string;
  /** Hash that stands for the agent where authors are chosen. */
  readonly key: number;
  readonly #process: StatusProcess;
  readonly #stream: Stream;
  readonly #givenVoice: Voice | undefined;
  name: string;
  role: string;
  sectorId: string | undefined;
  status: string;
  #statusSinceMs: number;
  #revision: number;
  /** Tempo time of the next change. */
  #dueSeconds: number;
  /** Zero: no outage. */
  #outageEndsMs: number;

  constructor(seed: string, process: StatusProcess, state: Omit<AgentState, "stream">, stream: Stream) {
    this.id = state.id;
    this.key = hashText([SIMULATOR_VERSION, seed, "agent", state.id].join("|"));
    this.#process = process;
    this.#stream = stream;
    this.#givenVoice = state.voice;
    this.name = state.name;
    this.role = state.role;
    this.sectorId = state.sectorId;
    this.status = state.status;
    this.#statusSinceMs = state.statusSinceMs;
    this.#revision = state.revision;
    this.#dueSeconds = state.dueSeconds;
    this.#outageEndsMs = state.outageEndsMs;
  }

  /** An agent of the scenario, found in the middle of its work. */
  static found(seed: string, process: StatusProcess, agent: ScenarioAgent, nowMs: number): Agent {
    const stream = createStream(seed, "agent", agent.id, "status");
    const { status, seconds } = process.begin(stream);
    return new Agent(
      seed,
      process,
      { ...agent, status, statusSinceMs: nowMs, revision: 1, dueSeconds: seconds, outageEndsMs: 0 },
      stream,
    );
  }

  /** An agent that begins now, in a given status. */
  static created(seed: string, process: StatusProcess, agent: NewAgent, nowMs: number, tempoSeconds: number): Agent {
    const stream = createStream(seed, "agent", agent.id, "status");
    const dueSeconds = tempoSeconds + process.dwell(agent.status, stream);
    return new Agent(
      seed,
      process,
      { ...agent, statusSinceMs: nowMs, revision: 1, dueSeconds, outageEndsMs: 0 },
      stream,
    );
  }

  static restored(seed: string, process: StatusProcess, state: AgentState): Agent {
    return new Agent(seed, process, state, restoreStream(state.stream));
  }

  get voice(): Voice {
    return this.#givenVoice ?? voiceOf(this.role);
  }

  /** True when the status changes at this tick. */
  isDue(tempoSeconds: number, nowMs: number): boolean {
    return this.#outageEndsMs === 0 ? tempoSeconds >= this.#dueSeconds : nowMs >= this.#outageEndsMs;
  }

  /** When it is due: in tempo time, or in milliseconds while an outage lasts. */
  next(): { readonly seconds: number; readonly ms: number } {
    return this.#outageEndsMs === 0
      ? { seconds: this.#dueSeconds, ms: never }
      : { seconds: never, ms: this.#outageEndsMs };
  }

  /** Takes the next status. Call it when due. */
  change(tempoSeconds: number, nowMs: number): void {
    const ended = this.#outageEndsMs !== 0;
    this.#outageEndsMs = 0;
    // Counted from when it was due, not from the tick that noticed: the process knows no ticks.
    const sinceSeconds = ended ? tempoSeconds : this.#dueSeconds;
    this.#set(this.#process.next(this.status, this.#stream), sinceSeconds, nowMs);
  }

  /** Puts the agent in error until the outage ends. Returns whether its status changed. */
  fail(endsMs: number, nowMs: number): boolean {
    if (endsMs > this.#outageEndsMs) this.#outageEndsMs = endsMs;
    if (this.status === "error") return false;
    this.status = "error";
    this.#statusSinceMs = nowMs;
    return true;
  }

  /** An idle agent wakes soon after something happened. */
  wake(tempoSeconds: number, tick: number): void {
    if (this.status !== "idle" || this.#dueSeconds === never) return;
    const due = tempoSeconds + wakeSecondsMax * unit(mix(this.key, tick));
    if (due < this.#dueSeconds) this.#dueSeconds = due;
  }

  /** What a person changes; what stays as it is makes no revision. Returns whether the status changed. */
  patch(patch: AgentPatch, tempoSeconds: number, nowMs: number): boolean {
    const { name = this.name, role = this.role, status = this.status } = patch;
    const sectorId = patch.sectorId === undefined ? this.sectorId : (patch.sectorId ?? undefined);
    const otherStatus = status !== this.status;
    if (!otherStatus && name === this.name && role === this.role && sectorId === this.sectorId) return false;
    Object.assign(this, { name, role, sectorId });
    this.#revision += 1;
    if (!otherStatus) return false;
    this.#outageEndsMs = 0;
    this.#set(status, tempoSeconds, nowMs);
    return true;
  }

  #set(status: string, sinceSeconds: number, nowMs: number): void {
    const dwell = this.#process.dwell(status, this.#stream);
    this.status = status;
    this.#statusSinceMs = nowMs;
    this.#dueSeconds = dwell < never ? sinceSeconds + dwell : never;
  }

  /** The event that tells its status. */
  statusEvent(): SimEvent {
    const { id, sectorId, status } = this;
    const payload = sectorId === undefined ? { agentId: id, status } : { agentId: id, sectorId, status };
    return { entity: id, event: "agent:status_update", payload };
  }

  view(): AgentView {
    const { id, name, role, sectorId, status } = this;
    return {
      id,
      name,
      role,
      ...(sectorId !== undefined && { sectorId }),
      status,
      statusSinceMs: this.#statusSinceMs,
      revision: this.#revision,
    };
  }

  state(): AgentState {
    const voice = this.#givenVoice;
    // A literal that begins with a spread has a shape of its own each time, which the engine keeps for long.
    return {
      dueSeconds: this.#dueSeconds,
      outageEndsMs: this.#outageEndsMs,
      stream: this.#stream.state(),
      ...this.view(),
      ...(voice !== undefined && { voice }),
    };
  }
}
