const FRACTION_BITS = 52;
const BIAS = 1075;

/**
 * A finite double with so many digits after its point, rounded from its exact value, halves to the even digit, as C's printf
 * does; `Number.toFixed` rounds halves up and gives up at 1e21.
 */
export function formatFixed(value: number, digits: number): string {
  const { mantissa, exponent } = partsOf(value);
  const scaled = mantissa * 10n ** BigInt(digits);
  const rounded = exponent >= 0 ? scaled << BigInt(exponent) : divideByPower(scaled, BigInt(-exponent));
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const text = String(rounded).padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A finite double as its size, mantissa * 2^exponent. */
function partsOf(value: number): { mantissa: bigint; exponent: number } {
  const bits = new BigUint64Array(new Float64Array([value]).buffer)[0]!;
  const fraction = bits & ((1n << BigInt(FRACTION_BITS)) - 1n);
  const biased = Number((bits >> BigInt(FRACTION_BITS)) & 0x7ffn);
  if (biased === 0) return { mantissa: fraction, exponent: 1 - BIAS };
  return { mantissa: fraction | (1n << BigInt(FRACTION_BITS)), exponent: biased - BIAS };
}

function divideByPower(value: bigint, power: bigint): bigint {
  const quotient = value >> power;
  const twice = (value - (quotient << power)) << 1n;
  const unit = 1n << power;
  const isUp = twice > unit || (twice === unit && (quotient & 1n) === 1n);
  return isUp ? quotient + 1n : quotient;
}

/** A finite double in scientific notation with so many digits after the point and at least two in the exponent: `1.5e+00`. */
export function formatScientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits).split('e');
  const size = exponent!.slice(1).padStart(2, '0');
  return `${Object.is(value, -0) ? '-' : ''}${mantissa}e${exponent![0]}${size}`;
}

/** The shortest text that reads back as the same double, without an exponent. */
export function formatPlain(value: number): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value));
  if (!match) return String(value);
  const [, sign, first, rest = '', power] = match;
  const digits = first! + rest;
  const point = Number(power) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
