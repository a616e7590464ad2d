/** Made by event-checks-plugin.mjs. */
declare module "virtual:event-checks" {
  import type { ValidateFunction } from "ajv";

  /** A validator for each documented event, by its name. */
  const checks: Readonly<Record<string, ValidateFunction>>;
  export default checks;
}
