const MOST = 65_535;

/** Reads an environment variable; without a value it is the default. */
export function readNumber(name: string, fallback: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST) return value;
  throw new TypeError(`${name} is "${text}": expected a number from 1 to ${MOST}`);
}
