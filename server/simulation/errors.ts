/** Why a command was not executed. Nothing was stored, changed or broadcast. */
import type { Refusal } from "../../simulator/index.js";

/** The world refused it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.kind} "${refusal.id}": ${refusal.code}`);
    this.refusal = refusal;
  }
}

/** It waited too long for a seek, step or reset to end; trying again afterwards helps. */
export class MovingError extends Error {
  override readonly name = "MovingError";

  constructor() {
    super(
      "The simulation is still moving to another time (seek, step or reset). Nothing was changed; try again when it is done.",
    );
  }
}
