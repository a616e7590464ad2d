/** The contract checker: judges a server of the documented API by its address. */
export { formatAnnotations } from "./report/annotations.js";
export { formatContractText } from "./report/text.js";
export { writeContractReport } from "./report/write.js";
export { type CompareOptions, type CompareResult, compareServers } from "./compare/compare.js";
export { formatCompareText } from "./compare/text.js";
export { diffSchemas, readSchemaFolder } from "./diff/diff.js";
export { formatDiffText } from "./diff/text.js";
export type { ContractResult } from "./core/result.js";
export { type Part, type Profile, parts, profiles } from "./core/rules.js";
export { runContract } from "./check.js";
export { OptionError } from "../core/errors.js";
