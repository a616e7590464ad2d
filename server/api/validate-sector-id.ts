/** A sector that a body names must exist: its absence is a fault of the body (422), not of the path (404). */
import type { World } from "../../simulator/index.js";
import { invalidPlace } from "./body.js";

/** Null and undefined name none. */
export function validateSectorId(world: World, sectorId: string | null | undefined): void {
  if (sectorId === undefined || sectorId === null || world.sector(sectorId) !== undefined) return;
  throw invalidPlace(
    "/sectorId",
    "reference",
    `must be the id of a sector, and there is none ${JSON.stringify(sectorId)}`,
  );
}
