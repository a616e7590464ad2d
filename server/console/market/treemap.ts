/**
 * Squarified treemap: rectangles whose areas are as the weights, as square as they get.
 *
 * After Bruls, Huizing and van Wijk (2000): a row along the shorter side takes further rectangles as long as
 * the worst of them gets no more oblong.
 */

/** In the units of the given width and height. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How oblong the worst rectangle of a row is, when the row lies along a side of this length. */
function worstRatio(areas: readonly number[], side: number): number {
  const sum = areas.reduce((total, area) => total + area, 0);
  const longest = (side * side * Math.max(...areas)) / (sum * sum);
  const shortest = (sum * sum) / (side * side * Math.min(...areas));
  return Math.max(longest, shortest);
}

/**
 * Lays out weights, largest first, into a width and a height. Weights below a fortieth of the mean are drawn as
 * that, so that each can be seen and pointed at.
 *
 * @example layOut([2, 1, 1], 200, 100)
 */
export function layOut(weights: readonly number[], width: number, height: number): Rectangle[] {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const seen = weights.map((weight) => Math.max(weight, mean / 40, Number.MIN_VALUE));
  const total = seen.reduce((sum, weight) => sum + weight, 0);
  const areas = seen.map((weight) => (weight / total) * width * height);
  const rectangles: Rectangle[] = [];
  let rest: Rectangle = { x: 0, y: 0, width, height };
  for (let from = 0; from < areas.length;) {
    const side = Math.min(rest.width, rest.height);
    let to = from + 1;
    while (
      to < areas.length &&
      worstRatio(areas.slice(from, to + 1), side) <= worstRatio(areas.slice(from, to), side)
    ) {
      to++;
    }
    const row = areas.slice(from, to);
    const depth = row.reduce((sum, area) => sum + area, 0) / side;
    const isColumn = rest.width >= rest.height;
    let offset = 0;
    for (const area of row) {
      const length = area / depth;
      rectangles.push(
        isColumn
          ? { x: rest.x, y: rest.y + offset, width: depth, height: length }
          : { x: rest.x + offset, y: rest.y, width: length, height: depth },
      );
      offset += length;
    }
    rest = isColumn
      ? { ...rest, x: rest.x + depth, width: rest.width - depth }
      : { ...rest, y: rest.y + depth, height: rest.height - depth };
    from = to;
  }
  return rectangles;
}
