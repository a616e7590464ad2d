/** How much a test does: little in `npm test`, much in `npm run test:long`. It is here because tests of every folder use it. */
import { inject } from "vitest";

export const isLongRun = inject("isLong");

export function amount<Amount>(usual: Amount, long: Amount): Amount {
  return isLongRun ? long : usual;
}
