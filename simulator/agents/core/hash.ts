/**
 * A pure integer hash, for choices that are a function of names rather than of a stream's history.
 *
 * Who wins a message and which phrase is drawFromBag next depend only on such hashes: nobody's choice moves
 * when somebody else joins. Multiplication is `Math.imul`, so every engine agrees to the bit.
 */

/** Mixes a number into a hash; the finaliser of MurmurHash3. */
export function mix(hash: number, value: number): number {
  let h = hash ^ Math.imul(value | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 bits of a text: FNV-1a, finished by `mix`. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h, text.length);
}

/** A hash as a number strictly between 0 and 1. */
export function unit(hash: number): number {
  return (hash + 0.5) / 4_294_967_296;
}
