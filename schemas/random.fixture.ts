/** Random numbers for tests (mulberry32): a test that has failed is run again with its seed. */

/** Numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers from 0 to below what is asked for. */
export function seededWholes(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => (random() * 2 ** 32) % below;
}

/** Numbers in [0, 1), by a seed that is a text (xmur3). */
export function randomOfText(seed: string): () => number {
  let state = 1779033703 ^ seed.length;
  for (const char of seed) state = Math.imul(state ^ char.charCodeAt(0), 3432918353) ^ (state >>> 19);
  return seededRandom(state);
}
