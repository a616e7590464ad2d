/** A command waited too long for a seek, step or reset to end. Nothing of it was kept; trying again afterwards helps. */
export class MovingError extends Error {
  override readonly name = "MovingError";

  constructor() {
    super(
      "The simulation is still moving to another time (seek, step or reset). Nothing was changed; try again when it is done.",
    );
  }
}
