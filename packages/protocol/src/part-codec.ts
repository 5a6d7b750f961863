import type { ReadPart, WritePart } from './payload/packed/described.js';

/** The code of the layout of one position. */
export interface PartCodec {
  readonly write: WritePart;
  readonly read: ReadPart;
}

/** What a caller sends; a root layout of bytes needs no code. */
export type SendPart = PartCodec | 'bytes';

/** What a caller receives; a root layout of bytes needs no code. */
export type ReceivePart = Pick<PartCodec, 'read'> | 'bytes';

/** The packed codecs of a call or stream, and the hashes of what it sends and receives. */
export interface ProcedureCodec {
  /** 16 hexadecimal digits. */
  readonly send: string;
  /** 16 hexadecimal digits. */
  readonly receive: string;
  readonly input?: SendPart;
  readonly up?: SendPart;
  readonly down?: ReceivePart;
  readonly output?: ReceivePart;
  /** Of the data of declared errors, by code. */
  readonly errors?: Readonly<Record<string, ReceivePart>>;
}

/** The packed codecs of a topic, and the hashes of its messages and of what is published. */
export interface TopicCodec {
  /** 16 hexadecimal digits. */
  readonly receive: string;
  readonly message: ReceivePart;
  /** 16 hexadecimal digits; only of a topic that clients publish on. */
  readonly send?: string;
  /** Of an object with the params, if there are any, and the message. */
  readonly publish?: PartCodec;
}
