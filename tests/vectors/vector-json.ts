import { readFileSync } from 'node:fs';
import type { BatchHead, Message, ViolationName } from '@trunkline/protocol';

/** A batch of one message as it stands in `messages.json`. */
export interface MessageVector {
  /** Name of the vector; the message's own in the vector that PROTOCOL.md shows. */
  readonly name: string;
  readonly direction: 'client' | 'server' | 'both';
  readonly hex: string;
  readonly head: BatchHead;
  readonly message: Message;
}

/** A malformed batch as it stands in `hostile.json`. */
export interface HostileVector {
  readonly name: string;
  readonly hex: string;
  readonly violation: ViolationName;
}

/** Reads the vectors of well-formed batches. Bytes stand there as `{ "$hex": "…" }`. */
export function readMessageVectors(): MessageVector[] {
  return read('messages.json') as MessageVector[];
}

/** Reads the vectors of malformed batches. */
export function readHostileVectors(): HostileVector[] {
  return read('hostile.json') as HostileVector[];
}

/** Turns hexadecimal digits, with spaces anywhere, into bytes. */
export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

function read(file: string): unknown {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return JSON.parse(text, (_key, value: unknown) => {
    const isBytes = typeof value === 'object' && value !== null && '$hex' in value;
    return isBytes ? bytesOfHex((value as { $hex: string }).$hex) : value;
  });
}
