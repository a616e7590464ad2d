/** What axe cannot see, because it is mixed or painted: text on the tiles' fullest colours can be read. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const dark = css.indexOf('[data-theme="dark"]');

/** The value of a colour token, as three shares of 255. */
function colour(name: string, theme: "light" | "dark"): readonly number[] {
  const block = theme === "dark" ? css.slice(dark) : css.slice(0, dark);
  const digits = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(block)?.[1];
  if (digits === undefined) throw new Error(`tokens.css has no --${name} of six digits for ${theme}.`);
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255);
}

/** Relative luminance, WCAG 2. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((share) =>
    share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test.each([
  ["light", "ink", "up-fill"],
  ["light", "ink", "down-fill"],
  ["dark", "ink", "up-fill"],
  ["dark", "ink", "down-fill"],
  ["light", "ink-faint", "sunken"],
  ["dark", "ink-faint", "raised"],
] as const)("%s: %s can be read on %s", (theme, text, ground) => {
  expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(4.5);
});
