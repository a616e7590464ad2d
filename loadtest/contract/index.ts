/** The contract checker: judges a server of the documented API by its address. */
export type { Finding, RuleOutcome } from "./ledger.js";
export { type ContractLimits, type ContractOptions, contractDefaults } from "./options.js";
export { formatContractJunit } from "./report/junit.js";
export { formatContractText } from "./report/text.js";
export { writeContractReport } from "./report/write.js";
export { SchemaFolderError, diffSchemas, readSchemaFolder } from "./diff/diff.js";
export { formatDiffText } from "./diff/text.js";
export type { SchemaDifference } from "./diff/diff.js";
export type { ContractResult, ContractVerdict, EventOutcome } from "./result.js";
export { type Part, type Profile, type RuleName, parts, profiles, rules } from "./rules.js";
export { runContract } from "./run.js";
export { ContractOptionsError } from "./run-context.js";
