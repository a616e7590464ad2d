/** The contract checker: judges a server of the documented API by its address. */
export { formatContractText } from "./report/text.js";
export { writeContractReport } from "./report/write.js";
export { diffSchemas, readSchemaFolder } from "./diff/diff.js";
export { formatDiffText } from "./diff/text.js";
export type { ContractResult } from "./core/result.js";
export { type Part, type Profile, parts, profiles } from "./core/rules.js";
export { runContract } from "./run.js";
export { OptionError } from "../core/errors.js";
