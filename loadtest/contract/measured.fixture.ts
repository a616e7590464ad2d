/** Skips a test whose run says nothing about the server, because the machine left the checker's process standing. */
import type { TestContext } from "vitest";
import type { ContractResult } from "./core/result.js";

export function requireMeasured(skip: TestContext["skip"], { verdict, reasons }: ContractResult): void {
  skip(verdict === "INVALID", `not measured: ${reasons.join("; ")}`);
}
