/**
 * Vite plugin: `virtual:event-checks`, the validators of the four events' schemas, compiled by ajv at build time.
 *
 * The page's policy forbids compiling them there. The schemas are closed first: a field that no schema names
 * fails with the keyword `additionalProperties`, so one pass tells broken from undocumented.
 */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import addFormats from "ajv-formats";

const id = "virtual:event-checks";
const folder = new URL("../../../schemas/", import.meta.url);

/** @type {Readonly<Record<string, string>>} */
const files = {
  "market:update": "events/market-update.schema.json",
  "sector:candle_update": "events/sector-candle-update.schema.json",
  "discussion:new_message": "events/discussion-new-message.schema.json",
  "agent:status_update": "events/agent-status-update.schema.json",
};

/**
 * @param {string} path below schemas/
 * @returns {{ $id: string }}
 */
function readSchema(path) {
  return JSON.parse(readFileSync(new URL(path, folder), "utf8"));
}

/**
 * @template {object} Schema
 * @param {Schema} schema
 * @returns {Schema} that takes no property but those it names, at any depth
 */
function close(schema) {
  /** @type {{ properties?: Record<string, object> }} */
  const { properties } = schema;
  if (properties === undefined) return schema;
  const closed = Object.entries(properties).map(([name, property]) => [name, close(property)]);
  return { ...schema, properties: Object.fromEntries(closed), additionalProperties: false };
}

/** @returns {string} a CommonJS module that exports a validator for each event's name */
export function compileEventChecks() {
  const ajv = new Ajv2020({ strict: true, allErrors: true, code: { source: true } });
  addFormats.default(ajv, { mode: "full" });
  ajv.addSchema(readSchema("common.schema.json"));
  /** @type {Record<string, string>} */
  const exported = {};
  for (const [event, path] of Object.entries(files)) {
    const schema = readSchema(path);
    ajv.addSchema(close(schema));
    exported[event] = schema.$id;
  }
  return standaloneCode.default(ajv, exported);
}

/** @returns {import("vite").Plugin} */
export function eventChecks() {
  return {
    name: "event-checks",
    resolveId: { filter: { id: new RegExp(`^${id}$`) }, handler: () => `\0${id}` },
    load: { filter: { id: new RegExp(`^\0${id}$`) }, handler: compileEventChecks },
  };
}
