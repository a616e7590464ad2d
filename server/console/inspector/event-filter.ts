/** Which events the inspector shows. */
import { entitiesOf } from "../feed/entities.js";
import type { LoggedEvent } from "../feed/event-log.js";
import { type Verdict, verdictOf } from "../feed/verdict.js";

/** All that is given must hold. */
export interface EventFilter {
  /** An event's name. */
  readonly event?: string | undefined;
  /** Id of a sector, agent or discussion that the event names. */
  readonly entity?: string | undefined;
  readonly verdict?: Verdict | undefined;
  /** Stands in the name or in the JSON, in whatever case. */
  readonly text?: string | undefined;
}

/** The event as JSON text: its payload, or all arguments where there is not exactly one. */
export function toJson({ args }: LoggedEvent, indent?: number): string {
  return JSON.stringify(args.length === 1 ? args[0] : args, null, indent);
}

/** Compiles a filter: it is applied to every event that comes. */
export function createMatch({ event, entity, verdict, text }: EventFilter): (event: LoggedEvent) => boolean {
  const needle = text?.toLowerCase();
  return (candidate) =>
    (event === undefined || candidate.name === event) &&
    (verdict === undefined || verdictOf(candidate.violations) === verdict) &&
    (entity === undefined || entitiesOf(candidate.args[0]).includes(entity)) &&
    (needle === undefined || `${candidate.name} ${toJson(candidate)}`.toLowerCase().includes(needle));
}
