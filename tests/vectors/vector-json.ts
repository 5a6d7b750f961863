import { readFileSync } from 'node:fs';
import type {
  BatchHead,
  Encoding,
  Message,
  ReceivedMessage,
  ViolationName,
} from '@trunkline/protocol';
import type { Notation } from './value-notation.js';

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

/** A whole batch as it stands in `batches.json`: what is skipped and what we never write, too. */
export interface BatchVector {
  readonly name: string;
  readonly hex: string;
  readonly head: BatchHead;
  readonly messages: readonly ReceivedMessage[];
}

/** A payload that carries a value, as it stands in `values.json`. */
export interface ValueVector {
  readonly name: string;
  readonly encoding: Encoding;
  readonly hex: string;
  readonly value: Notation;
  /** Whether we write the value so; else it is only read. */
  readonly written: boolean;
}

/** A payload that breaks a rule, as it stands in `values.json`. */
export interface RefusedVector {
  readonly name: string;
  readonly encoding: Encoding;
  readonly hex: string;
  readonly refused: true;
  /** First column of the table of rules in PROTOCOL.md. */
  readonly rule: string;
}

/** Reads the vectors of well-formed batches of one message. Bytes stand there as `{ "$hex": "…" }`. */
export function readMessageVectors(): MessageVector[] {
  return read('messages.json') as MessageVector[];
}

/** Reads the vectors of malformed batches. */
export function readHostileVectors(): HostileVector[] {
  return read('hostile.json') as HostileVector[];
}

/** Reads the vectors of whole batches. */
export function readBatchVectors(): BatchVector[] {
  return read('batches.json') as BatchVector[];
}

/** Reads the vectors of payloads, those that carry a value and those that are refused. */
export function readValueVectors(): { values: ValueVector[]; refused: RefusedVector[] } {
  const all = read('values.json') as (ValueVector | RefusedVector)[];
  return {
    values: all.filter((vector) => 'value' in vector),
    refused: all.filter((vector) => 'refused' in vector),
  };
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
