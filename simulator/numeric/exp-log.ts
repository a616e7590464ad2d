/**
 * The exponential and the natural logarithm in plain + - * /, the same bits on every engine and processor.
 *
 * `Math.exp`, `Math.log` and the power operator differ between V8 versions. These follow fdlibm (argument reduction
 * by ln 2 in two parts, then a short rational or odd polynomial); both are within 1 unit in the last place.
 * Powers of two come from a table made by doubling and halving, which is exact.
 */
const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;
const inverseLn2 = Math.LOG2E;

const exponentMin = -1022;
const exponentMax = 1023;
const powersOfTwo = tabulatePowers();

function tabulatePowers(): Float64Array {
  const table = new Float64Array(exponentMax - exponentMin + 1);
  const one = -exponentMin;
  table[one] = 1;
  for (let exponent = 1; exponent <= exponentMax; exponent++) table[one + exponent] = table[one + exponent - 1]! * 2;
  for (let exponent = -1; exponent >= exponentMin; exponent--) table[one + exponent] = table[one + exponent + 1]! / 2;
  return table;
}

function powerOfTwo(exponent: number): number {
  return powersOfTwo[exponent - exponentMin]!;
}

/** e to the power of x, for |x| up to 708; 0 below, Infinity above. Error below 1 ulp. */
export function exp(x: number): number {
  if (x > 709) return Infinity;
  if (x < -708) return 0;
  const k = Math.floor(x * inverseLn2 + 0.5);
  const high = x - k * ln2High;
  const low = k * ln2Low;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  return (1 - (low - (r * c) / (2 - c) - high)) * powerOfTwo(k);
}

/** The natural logarithm of x from 2^-1022, the smallest normal number, upwards; NaN for x <= 0. Error below 1 ulp. */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) return x === Infinity ? x : Number.NaN;
  let exponent = 0;
  let mantissa = x;
  for (let step = 512; step >= 1; step = step / 2) {
    const power = powerOfTwo(step);
    if (mantissa >= power) {
      mantissa /= power;
      exponent += step;
    } else if (mantissa * power < 1) {
      mantissa *= power;
      exponent -= step;
    }
  }
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  } else if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const half = 0.5 * f * f;
  return exponent * ln2High - (half - (s * (half + odd + even) + exponent * ln2Low) - f);
}
