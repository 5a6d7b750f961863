/** What a page and its workers have, and other programs have not. */
interface Surroundings {
  readonly location?: { readonly protocol?: string };
}

/** Gives by what this page came, such as `https:`; `undefined` where there is no page. */
export function pageScheme(): string | undefined {
  return (globalThis as Surroundings).location?.protocol;
}

/**
 * Lists what to look at when no connection to an address ever opened.
 * `page` is the scheme of the page; `undefined` for a program that is none.
 */
export function unreachableHints(url: string, page: string | undefined): readonly string[] {
  const hints = [
    `check that a server listens at "${url}", with this host, port and path`,
    'check that every proxy in between passes on WebSocket upgrades',
  ];
  const isSecure = url.startsWith('wss:');
  if (isSecure) hints.push('check that the certificate of the server is valid');
  if (page === undefined) return hints;
  hints.push(
    'check that the server allows the origin of this page: a refused upgrade looks like no server',
  );
  if (!isSecure && page === 'https:') hints.push('use wss: a page of https: may open nothing else');
  return hints;
}
