/** Lists what to look at when no connection to an address ever opened. */
export function unreachableHints(url: string): readonly string[] {
  const hints = [
    `does a server listen at "${url}", with this host, port and path`,
    'does a proxy in between pass on WebSocket upgrades',
    'does the server allow the origin of this page; a page is not told of a refused upgrade',
  ];
  if (url.startsWith('ws:')) hints.push('a page that came over https: may only connect to wss:');
  else hints.push('is the certificate of the server valid');
  return hints;
}
