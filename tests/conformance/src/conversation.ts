import { readFileSync } from 'node:fs';
import {
  type FEATURES,
  SERVER_DECODE_LIMITS,
  type BatchHead,
  type CallMessage,
  type EndMessage,
  type ErrorMessage,
  type ItemMessage,
  type Message,
  type Payload,
  type ReceivedMessage,
  type ResultMessage,
  type SubscribeMessage,
  type TopicMessage,
} from '@trunkline/protocol';
import { decodePayload, encodePayload } from '@trunkline/protocol/superjson';
import { fromNotation, toNotation } from './notation.js';

/** Who sends. */
export type Side = 'client' | 'server';

type Carrier = CallMessage | ResultMessage | ErrorMessage | ItemMessage | EndMessage | TopicMessage;
type Plain = Exclude<Message, Carrier | SubscribeMessage>;
/** A message with its payload as a value in notation, or as bytes where no value has them. */
type Shown<M> = M extends Carrier
  ? Omit<M, 'encoding' | 'bytes'> & { readonly value?: unknown } & Partial<Payload>
  : never;

/** A message with its payload as a value, as it stands in `conversations.json`. */
export type ShownMessage =
  | Plain
  | Shown<Carrier>
  | (Omit<SubscribeMessage, 'params'> & { readonly params?: unknown });

/** Somebody sends one batch; one without messages is an acknowledgement. */
export interface BatchStep {
  readonly from: Side;
  readonly says: string;
  readonly messages: readonly ShownMessage[];
  /** The messages are of different kinds and come in no order. */
  readonly anyOrder?: true;
  /** Items are sent although there is no credit. */
  readonly anyway?: true;
  /** The batch has NOW. */
  readonly now?: true;
  /** The messages have the numbers of those before them. */
  readonly again?: true;
  /** When a peer under test has to be done with it. */
  readonly withinMs?: number;
  /** How long who is not under test waits before. */
  readonly afterMs?: number;
  /** It is written and never comes: the connection is cut next. */
  readonly lost?: true;
  /** It is the first on a connection beside the one that is there. */
  readonly opens?: true;
  /** It goes over the connection that was there before. */
  readonly on?: 'older';
  /** Its numbers are wrong, and sent as they stand. */
  readonly exact?: true;
  readonly head?: BatchHead;
  readonly hex?: string;
}

/** Somebody sends items that are numbers: `count` of them from `first` on, as credit allows. */
export interface ItemsStep {
  readonly from: Side;
  readonly says: string;
  readonly items: { readonly id: number; readonly first: number; readonly count: number };
  /** They are written and never come. */
  readonly lost?: true;
  readonly head?: BatchHead;
  /** A batch with the first of them alone. */
  readonly hex?: string;
}

/** The client makes calls without input, whose ids are the first ones: 0, 2, 4 … */
export interface CallsStep {
  readonly from: 'client';
  readonly says: string;
  readonly calls: { readonly procedure: number; readonly count: number };
  readonly head?: BatchHead;
  /** A batch with the first of them alone. */
  readonly hex?: string;
}

/** Somebody sends bytes that no message type can say. */
export interface BytesStep {
  readonly from: Side;
  readonly says: string;
  readonly bytes: string;
  /** How many numbers the bytes take. */
  readonly sequenced?: number;
}

/** Somebody sends a text message. */
export interface TextStep {
  readonly from: Side;
  readonly says: string;
  readonly text: string;
}

/** Somebody closes the WebSocket, or the connection is cut without a word. */
export interface EndStep {
  readonly from: Side;
  readonly says: string;
  readonly close: number | 'cut';
  /** Words that stand in the reason. */
  readonly reason?: string;
  /** A peer under test that closes earlier than this after the last step is wrong. */
  readonly notBeforeMs?: number;
  /** It is the end of the connection that was there before. */
  readonly on?: 'older';
}

/** Nothing is said for longer than a session lives without a connection. */
export interface WaitStep {
  readonly from: Side;
  readonly says: string;
  readonly wait: 'ttlMs';
}

/** Notes are published in the room; what is under test as a client does not see how. */
export interface PublishStep {
  readonly from: 'server';
  readonly says: string;
  readonly publish: readonly string[];
}

export type Step =
  | BatchStep
  | ItemsStep
  | CallsStep
  | BytesStep
  | TextStep
  | EndStep
  | WaitStep
  | PublishStep;

/** A conversation that PROTOCOL.md shows and that any peer can be put into. */
export interface Conversation {
  readonly number: number;
  readonly name: string;
  readonly title: string;
  readonly text: string;
  /** Which side can be tested with it. */
  readonly tests: readonly Side[];
  /** Which program of a client under test takes part; that of the conversation's name if absent. */
  readonly program?: string;
  /** What that program prints, at least. */
  readonly prints?: readonly object[];
  /** What the client offers, when it is not `trunkline.v1.superjson`. */
  readonly offers?: readonly string[];
  /** Features that the peer under test must have set; without one, it is left in peace. */
  readonly needs?: readonly (keyof typeof FEATURES)[];
  /** Whether HELLO and WELCOME of the first conversation come before the steps. */
  readonly opened: boolean;
  /** Messages that a peer under test may send after the last step. */
  readonly mayFollow?: readonly string[];
  readonly steps: readonly Step[];
}

const CARRIERS: ReadonlySet<string> = new Set<Carrier['kind']>([
  'CALL',
  'RESULT',
  'ERROR',
  'ITEM',
  'END',
  'MESSAGE',
]);

/** Reads the conversations. Bytes stand in the file as `{ "$hex": "…" }`. */
export function readConversations(): Conversation[] {
  const file = new URL('../../vectors/conversations.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'), (_key, value: unknown) => {
    const isBytes = typeof value === 'object' && value !== null && '$hex' in value;
    return isBytes ? Uint8Array.from(Buffer.from(String(value.$hex), 'hex')) : value;
  }) as Conversation[];
}

/** Gives a conversation's steps, those that open the connection included. */
export function stepsOf(conversation: Conversation, all: readonly Conversation[]): readonly Step[] {
  const opening = all[0]?.steps.slice(0, 2) ?? [];
  return conversation.opened ? [...opening, ...conversation.steps] : conversation.steps;
}

/** Gives the messages of an `items` step. */
export function itemsOf({ items }: ItemsStep): ShownMessage[] {
  const { id, first, count } = items;
  return Array.from({ length: count }, (_, n) => ({ kind: 'ITEM', id, value: first + n }));
}

/** Gives the messages of a `calls` step. */
export function callsOf({ calls }: CallsStep): ShownMessage[] {
  const { procedure, count } = calls;
  return Array.from({ length: count }, (_, n) => ({ kind: 'CALL', id: 2 * n, procedure }));
}

/** Turns a message as it is shown into one that can be written. */
export function toMessage(shown: ShownMessage): Message {
  if (shown.kind === 'SUBSCRIBE') {
    const params = encodePayload(fromNotation(shown.params), SERVER_DECODE_LIMITS);
    return { ...shown, params } as Message;
  }
  if (!CARRIERS.has(shown.kind)) return shown as Plain;
  const { value, ...fields } = shown as Shown<Carrier>;
  if (fields.encoding !== undefined) return fields as Message;
  return { ...fields, ...encodePayload(fromNotation(value), SERVER_DECODE_LIMITS) } as Message;
}

/** Turns a message that was read into one as it is shown; a bad payload is shown as its fault. */
export function fromMessage(message: ReceivedMessage): ShownMessage | { readonly kind: 'SKIPPED' } {
  if (message.kind === 'SUBSCRIBE') return { ...message, params: valueOf(message.params) };
  if (!CARRIERS.has(message.kind)) return message as Plain;
  const { encoding, bytes, ...fields } = message as Carrier;
  const value = valueOf({ encoding, bytes });
  return (value === undefined ? fields : { ...fields, value }) as ShownMessage;
}

function valueOf(payload: Pick<Carrier, 'encoding' | 'bytes'>): unknown {
  const decoded = decodePayload(payload, SERVER_DECODE_LIMITS);
  if ('fault' in decoded) return { $fault: decoded.fault };
  return decoded.value === undefined ? undefined : toNotation(decoded.value);
}
