/** Texts with {name} in them, and bodies made of such texts. */

export type Value = string | number | boolean;

type Draw = (name: string) => Value;

const place = /\{([A-Za-z][A-Za-z0-9_]*)\}/;
const places = new RegExp(place.source, "g");

/** The names that a text, or any text in a JSON value, has in braces. */
export function namesInTemplate(template: unknown): string[] {
  if (typeof template === "string") return [...template.matchAll(places)].map(([, name]) => name!);
  if (typeof template !== "object" || template === null) return [];
  return [...Object.keys(template), ...Object.values(template)].flatMap(namesInTemplate);
}

/** @param encode what is done to each value that is put in */
export function compileText(
  text: string,
  encode: (value: string) => string = (value) => value,
): (draw: Draw) => string {
  const parts = text.split(place);
  if (parts.length === 1) return () => text;
  return (draw) => parts.map((part, index) => (index % 2 === 0 ? part : encode(String(draw(part))))).join("");
}

function compileValue(value: unknown): (draw: Draw) => unknown {
  if (typeof value === "string") {
    const [, name] = new RegExp(`^${place.source}$`).exec(value) ?? [];
    return name === undefined ? compileText(value) : (draw) => draw(name);
  }
  if (typeof value !== "object" || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = value.map(compileValue);
    return (draw) => items.map((item) => item(draw));
  }
  const fields = Object.entries(value).map(([key, one]) => [compileText(key), compileValue(one)] as const);
  return (draw) => Object.fromEntries(fields.map(([key, one]) => [key(draw), one(draw)]));
}

/** @param isText a text is the body itself, and no JSON */
export function compileBody(body: unknown, isText: boolean): (draw: Draw) => string {
  if (isText && typeof body === "string") return compileText(body);
  if (namesInTemplate(body).length === 0) {
    const text = JSON.stringify(body);
    return () => text;
  }
  const value = compileValue(body);
  return (draw) => JSON.stringify(value(draw));
}
