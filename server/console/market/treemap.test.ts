import fc from "fast-check";
import { expect, test } from "vitest";
import { layOut } from "./treemap.js";

test("rectangles fill the area, each as its weight, and none lies over another", () => {
  const weight = fc.double({ min: 0.05, max: 1, noNaN: true });
  const size = fc.integer({ min: 50, max: 2000 });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 60 }), size, size, (weights, width, height) => {
      const sorted = weights.toSorted((a, b) => b - a);
      const total = sorted.reduce((sum, each) => sum + each, 0);
      const laid = layOut(sorted, width, height);
      for (const [at, { x, y, width: w, height: h }] of laid.entries()) {
        expect(w * h).toBeCloseTo((sorted[at] / total) * width * height, 3);
        expect(Math.min(x, y, width - x - w, height - y - h)).toBeGreaterThan(-1e-6);
      }
      for (const [at, a] of laid.entries()) {
        for (const b of laid.slice(at + 1)) {
          const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
          const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
          expect(Math.min(across, down)).toBeLessThan(1e-6);
        }
      }
    }),
  );
});

test("the weights of a real market stay nearly square", () => {
  const weights = [0.305, 0.13, 0.12, 0.1, 0.09, 0.085, 0.06, 0.035, 0.025, 0.025, 0.025];
  for (const { width, height } of layOut(weights, 1000, 480)) {
    expect(Math.max(width / height, height / width)).toBeLessThan(3);
  }
});
