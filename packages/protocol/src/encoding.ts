/** Encoding of a payload, as the flags say it. */
export const ENCODING = { NONE: 0, PACKED: 1, SUPERJSON: 2, BYTES: 3 } as const;
/** The number of an encoding, as it stands in the flags. */
export type Encoding = (typeof ENCODING)[keyof typeof ENCODING];

/** A value as bytes, with how to read them. */
export interface Payload {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** Whether the bytes are nobody else's and have a buffer of their own. Not on the wire. */
  readonly isOwned?: true;
}
