/** Longer than any host name with scheme and port. */
const MAX_LENGTH = 300;

const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?$/;

const DEFAULT_PORTS = new Map([
  ['http', 80],
  ['https', 443],
]);

/**
 * Gives scheme, host and port in the one form in which two equal origins are the same text.
 * `undefined` for anything else, `null` and `file://` among it.
 */
export function canonicalOrigin(text: string): string | undefined {
  // The length comes first: the pattern must not walk a header that the peer made long.
  if (text.length > MAX_LENGTH) return undefined;
  const [, scheme = '', host = '', digits] = ORIGIN.exec(text.toLowerCase()) ?? [];
  if (host === '') return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  const isDefault = port === undefined || port === DEFAULT_PORTS.get(scheme);
  return `${scheme}://${host}${isDefault ? '' : `:${port}`}`;
}

/** Tells whether a page of `origin` is served by a server that is reached as `own`. */
export type OriginRule = (origin: string, own: string | undefined) => boolean;

/**
 * Makes the rule of the `origins` option. A page may come from the server's own scheme, host and
 * port, and from the origins of the list, where `https://*.example.com` stands for exactly one
 * label before `.example.com`. Throws a TypeError for an entry that is no origin.
 */
export function createOriginRule(origins: readonly string[] | 'any' | undefined): OriginRule {
  if (origins === 'any') return () => true;
  const listed = (origins ?? []).map(parseEntry);
  return (text, own) => {
    const origin = canonicalOrigin(text);
    if (origin === undefined) return false;
    return origin === own || listed.some((isAllowed) => isAllowed(origin));
  };
}

function parseEntry(entry: string): (origin: string) => boolean {
  const isWildcard = entry.includes('://*.');
  const base = canonicalOrigin(isWildcard ? entry.replace('*.', '') : entry);
  const [scheme = '', host = ''] = base?.split('://') ?? [];
  if (base === undefined || (isWildcard && !host.includes('.'))) {
    throw new TypeError(
      `origin "${entry}" is not valid: expected "https://example.com", ` +
        '"https://example.com:8443" or "https://*.example.com"',
    );
  }
  if (!isWildcard) return (origin) => origin === base;
  const before = `${scheme}://`;
  const after = `.${host}`;
  return (origin) => {
    if (!origin.startsWith(before) || !origin.endsWith(after)) return false;
    const label = origin.slice(before.length, -after.length);
    return label !== '' && !label.includes('.');
  };
}
