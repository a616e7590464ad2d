/**
 * Matchers for other people's tests, for `expect.extend` of vitest or jest.
 *
 * They depend on neither: a matcher is a function of the value that says whether it passed and why not.
 */
import { type EventName, eventNames, isEventName } from "./events.js";
import { schemaFiles } from "./generated/schemas.js";
import { type SchemaPath, findEventViolations, findViolations } from "./validators.js";
import type { Violation } from "./violation.js";

/** What a matcher says, as vitest and jest take it. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

function say(what: string, received: unknown, violations: readonly Violation[]): MatcherResult {
  const shown = JSON.stringify(received);
  const lines = violations.map(
    ({ pointer, keyword, detail }) => `  ${pointer === "" ? "the whole" : pointer}: ${detail} (${keyword})`,
  );
  return {
    pass: violations.length === 0,
    message: () =>
      violations.length === 0
        ? `expected this not to be ${what}, but it is: ${shown}`
        : `expected this to be ${what}: ${shown}\n${lines.join("\n")}`,
  };
}

/**
 * Matchers that hold a value against the contract.
 *
 * @example
 * expect.extend(contractMatchers);
 * expect({ agentId: "agent-789", status: "active" }).toBeContractEvent("agent:status_update");
 * expect(await response.json()).toFitContract("resources/agent.schema.json");
 */
export const contractMatchers = {
  /** The value is a payload of this documented event. */
  toBeContractEvent(received: unknown, event: EventName): MatcherResult {
    if (!isEventName(event))
      throw new TypeError(`${JSON.stringify(event)} is not an event. Expected one of ${eventNames.join(", ")}`);
    return say(`a payload of ${event}`, received, findEventViolations(event, received));
  },
  /** The value fits the schema at this path below schemas/. */
  toFitContract(received: unknown, path: SchemaPath): MatcherResult {
    if (!Object.hasOwn(schemaFiles, path)) throw new TypeError(`there is no schema ${path}`);
    return say(`what ${path} describes`, received, findViolations(path, received));
  },
} as const;

/**
 * The matchers' types, for a declaration of one's own:
 *
 * @example
 * declare module "vitest" {
 *   interface Matchers<T> extends ContractMatchers<T> {}
 * }
 */
export interface ContractMatchers<Result = unknown> {
  toBeContractEvent(event: EventName): Result;
  toFitContract(path: SchemaPath): Result;
}
