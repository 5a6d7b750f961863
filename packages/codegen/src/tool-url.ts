/** Reads the address that a tool is pointed at. Throws a TypeError that says how to write it. */
export function parseToolUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const mend = 'expected one such as ws://localhost:8080/trunkline or wss://example.com/trunkline';
  if (url === undefined || url.host === '') throw new TypeError(`"${text}" is no address: ${mend}`);
  const scheme = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[url.protocol];
  if (scheme === undefined)
    throw new TypeError(`"${text}" has the scheme "${url.protocol}": ${mend}`);
  url.protocol = scheme;
  // It is said to nobody by WebSocket.
  url.hash = '';
  return url;
}

/** Reads a whole number of an option. Throws a TypeError that says what is allowed. */
export function parseWhole(
  text: string,
  { option, min, max }: { readonly option: string; readonly min: number; readonly max: number },
): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new TypeError(
    `option "${option}": expected a whole number from ${min} to ${max}, got "${text}"`,
  );
}

/** Writes an address for people: without a password, and without the values of its query. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.search === '' ? shown.href : `${shown.href.slice(0, -shown.search.length)}?…`;
}
