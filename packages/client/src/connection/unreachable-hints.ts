/** Lists what to look at when no connection to an address ever opened. */
export function unreachableHints(url: string): readonly string[] {
  const hints = [
    `check that a server listens at "${url}", with this host, port and path`,
    'check that every proxy in between passes on WebSocket upgrades',
    'check that the server allows the origin of this page: a refused upgrade looks like a cut',
  ];
  if (url.startsWith('wss:')) hints.push('check that the certificate of the server is valid');
  else hints.push('use wss: if this page came over https:, which allows nothing else');
  return hints;
}
