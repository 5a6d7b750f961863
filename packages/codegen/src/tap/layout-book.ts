import type { ContractDescription } from '@trunkline/contract';
import {
  CLIENT_DECODE_LIMITS,
  compilePacked,
  ENCODING,
  type LayoutDocument,
  type PackedCodec,
  type Payload,
} from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';

/** A place that has a layout: whose, and which of its values. */
export interface Position {
  /** Name of the procedure or topic. */
  readonly name: string;
  readonly part: 'input' | 'up' | 'down' | 'output' | 'message' | 'error';
  /** Of the error whose data it is. */
  readonly code?: string;
  /** Hash of the layouts that the peers have agreed on. */
  readonly hash: string;
  /** Whether it is a call of the server, which the client answers. */
  readonly ofServer: boolean;
}

/** A value that was read, or why it was not. */
export type Reading = { readonly value: unknown } | { readonly fault: string };

type Layouts = ContractDescription['layouts'][string];

/** What a book tells of payloads that it cannot read. */
export interface LayoutBookOptions {
  /** Shows their first bytes, in which a secret may be. */
  readonly unmask?: boolean;
}

/** The layouts of contracts, by which packed payloads are read. */
export class LayoutBook {
  readonly #members = new Map<string, Layouts[]>();
  readonly #codecs = new WeakMap<LayoutDocument, PackedCodec>();

  readonly #unmask: boolean;

  constructor(
    contracts: readonly ContractDescription[] = [],
    { unmask = false }: LayoutBookOptions = {},
  ) {
    this.#unmask = unmask;
    for (const { name, layouts } of contracts) {
      for (const [member, own] of Object.entries(layouts)) this.#add(`${name}.${member}`, own);
    }
  }

  /** Reads the payload of a position. Never throws. */
  read(payload: Payload, position: Position | undefined): Reading {
    if (payload.encoding !== ENCODING.PACKED) return decodePayload(payload, CLIENT_DECODE_LIMITS);
    const packed = this.#unread(payload.bytes);
    if (position === undefined) return { fault: `${packed}; its BIND or SUBSCRIBE was not seen` };
    const { name } = position;
    const layouts = this.#members.get(name) ?? [];
    if (layouts.length === 0) return { fault: `${packed}; no contract here has "${name}"` };
    for (const one of layouts) {
      const layout = layoutOf(one, position);
      if (layout !== undefined)
        return this.#codecOf(layout).decode(payload.bytes, CLIENT_DECODE_LIMITS);
    }
    return { fault: `${packed}; the contract here has another layout of "${name}"` };
  }

  /** Which value of it would have to be hidden cannot be known without its layout. */
  #unread(bytes: Uint8Array): string {
    return `packed${this.#unmask ? ` ${hexOf(bytes)}` : ''}, ${bytes.length} bytes`;
  }

  #add(name: string, layouts: Layouts): void {
    this.#members.set(name, [...(this.#members.get(name) ?? []), layouts]);
  }

  #codecOf(layout: LayoutDocument): PackedCodec {
    const known = this.#codecs.get(layout);
    if (known !== undefined) return known;
    const codec = compilePacked(layout);
    this.#codecs.set(layout, codec);
    return codec;
  }
}

/** Bytes that are shown of a payload that cannot be read. */
const FEW_BYTES = 24;

function hexOf(bytes: Uint8Array): string {
  const few = Buffer.from(bytes.subarray(0, FEW_BYTES)).toString('hex');
  return bytes.length > FEW_BYTES ? `${few}…` : few;
}

/** The layout of a position, when it is the one that the peers have agreed on. */
function layoutOf(layouts: Layouts, position: Position): LayoutDocument | undefined {
  const { part, code, hash, ofServer } = position;
  if (layouts.kind === 'topic') {
    if (part === 'message') return layouts.receive === hash ? layouts.message : undefined;
    return part === 'input' && layouts.send === hash ? layouts.publish : undefined;
  }
  if ((layouts.kind === 'clientCall') !== ofServer) return undefined;
  const isSent = part === 'input' || part === 'up';
  if ((isSent ? layouts.send : layouts.receive) !== hash) return undefined;
  if (part === 'error') return code === undefined ? undefined : layouts.errors[code];
  if (part === 'message') return undefined;
  if (layouts.kind === 'clientCall') {
    return part === 'input' || part === 'output' ? layouts[part] : undefined;
  }
  return layouts[part];
}
