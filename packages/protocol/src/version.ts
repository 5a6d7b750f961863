/** The subprotocol names of `Sec-WebSocket-Protocol` (PROTOCOL.md, "Negotiation"). */
export const SUBPROTOCOLS = {
  packed: 'trunkline.v1.packed',
  superjson: 'trunkline.v1.superjson',
  any: 'trunkline',
} as const;

/** The names this version speaks, best first. */
export const SPOKEN: readonly string[] = [SUBPROTOCOLS.packed, SUBPROTOCOLS.superjson];

/** How much may be offered: names, and bytes of all of them. */
const MOST_OFFERED = { names: 8, bytes: 256 };

/**
 * What a server does with the subprotocols of an upgrade. It speaks the name, explains with close
 * 4406 after answering the bare name, or refuses with HTTP 400.
 */
export type Negotiation =
  | { readonly outcome: 'speak'; readonly name: string }
  | { readonly outcome: 'explain'; readonly name: string }
  | { readonly outcome: 'refuse' };

const REFUSE: Negotiation = { outcome: 'refuse' };

/**
 * Chooses the subprotocol for the value of a `Sec-WebSocket-Protocol` header. It is the first of
 * the client's names that is spoken.
 */
export function negotiate(
  header: string | undefined,
  spoken = SPOKEN,
  most = MOST_OFFERED,
): Negotiation {
  // The length is checked first: nothing may walk a header that the peer made long.
  if (header === undefined || header.length > most.bytes) return REFUSE;
  const offered = header.split(',').map((name) => name.trim());
  if (offered.length > most.names) return REFUSE;
  const name = offered.find((candidate) => spoken.includes(candidate));
  if (name !== undefined) return { outcome: 'speak', name };
  if (offered.includes(SUBPROTOCOLS.any)) return { outcome: 'explain', name: SUBPROTOCOLS.any };
  return REFUSE;
}
