import type { Plugin } from "vite";

/** A CommonJS module that exports a validator for each event's name. */
export function compileEventChecks(): string;
/** Makes `virtual:event-checks`. */
export function eventChecks(): Plugin;
