const ZERO = 48;

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
