import type { Kind } from '@trunkline/protocol';
import type { Direction } from './session-names.js';
import type { Reading } from './layout-book.js';

/** What a record is of: a message of the protocol, or what else there is to tell. */
export type RecordKind =
  | Kind
  /** A connection was opened, could not be opened, or has ended. */
  | 'OPEN'
  | 'REFUSED'
  | 'CLOSE'
  /** The head of a batch. */
  | 'BATCH'
  /** A batch that does not parse, a WebSocket message of text, a message of an unknown kind. */
  | 'MALFORMED'
  | 'TEXT'
  | 'UNKNOWN';

/** One thing that was seen on a connection. */
export interface TapRecord {
  readonly kind: RecordKind;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** Missing where it is about the connection itself. */
  readonly direction?: Direction;
  /** Name of the procedure or topic that it is of. */
  readonly name?: string;
  readonly isTopic?: boolean;
  /** Params of the topic, for people. */
  readonly params?: string;
  /** Id of the call. */
  readonly id?: number;
  /** Bytes of the payload, of a batch or of what does not parse. */
  readonly bytes?: number;
  readonly value?: Reading;
  /** What else it says, in the order in which it is shown. */
  readonly facts: Facts;
  /** Whether it tells of something that went wrong. */
  readonly isError?: boolean;
}

/** Named values beside the payload. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;
