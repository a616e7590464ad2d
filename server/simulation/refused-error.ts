/** The world refused a command: nothing was stored, changed or broadcast. */
import type { Refusal } from "../../simulator/index.js";

export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.kind} "${refusal.id}": ${refusal.code}`);
    this.refusal = refusal;
  }
}
