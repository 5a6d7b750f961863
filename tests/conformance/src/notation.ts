/** Tags of values that JSON cannot say, as `values.json` has them. */
const READERS: Readonly<Record<string, (content: never) => unknown>> = {
  $undefined: () => undefined,
  $bigint: (digits: string) => BigInt(digits),
  $date: (text: string) => new Date(text),
  $binary: (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex')),
  $set: (elements: unknown[]) => new Set(elements.map(fromNotation)),
  $map: (pairs: unknown[][]) =>
    new Map(pairs.map((pair) => pair.map(fromNotation) as [unknown, unknown])),
};

/** Makes the value that a notation stands for; bytes stand for themselves. */
export function fromNotation(notation: unknown): unknown {
  if (Array.isArray(notation)) return notation.map(fromNotation);
  if (!isPlain(notation)) return notation;
  const [[tag, content] = ['', undefined]] = Object.entries(notation);
  const read = READERS[tag];
  if (read !== undefined) return read(content as never);
  return mapParts(notation, fromNotation);
}

/** Gives the notation of a value. */
export function toNotation(value: unknown): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (Array.isArray(value)) return value.map(toNotation);
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $binary: Buffer.from(value).toString('hex') };
  if (value instanceof Set) return { $set: [...value].map(toNotation) };
  if (value instanceof Map) {
    return { $map: [...value].map(([key, part]) => [toNotation(key), toNotation(part)]) };
  }
  return isPlain(value) ? mapParts(value, toNotation) : value;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function mapParts(value: object, map: (part: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, map(part)]));
}
