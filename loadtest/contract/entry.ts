/**
 * `max-harness/contract`: the schemas with their validators and matchers, and the checker as a function.
 *
 * The checker is loaded when it is first called: who only validates needs neither Socket.IO nor fast-check.
 */
import type { ContractOptions } from "./core/options.js";
import type { ContractResult } from "./core/result.js";

export * from "../../schemas/index.js";
export type { AcceptedFinding, AcceptedReport } from "./accepted/accepted-findings.js";
export type { Exchange, Finding, RuleOutcome } from "./core/findings.js";
export type { ContractLimits, ContractOptions } from "./core/options.js";
export type { ContractResult, ContractVerdict, EventOutcome, KeptOutcome, LevelReport } from "./core/result.js";
export type { Part, Profile, RuleName } from "./core/rules.js";

/**
 * Judges a running server by its address, as `max contract` does. Resolves whatever the server does.
 *
 * @throws {OptionError} when the options contradict each other, the address is none, or a file cannot be used
 * @example
 * const { verdict, reasons } = await runContract({ url: "http://localhost:8000", profile: "documented" });
 */
export async function runContract(options: ContractOptions): Promise<ContractResult> {
  const checker = await import("./check.js");
  return await checker.runContract(options);
}
