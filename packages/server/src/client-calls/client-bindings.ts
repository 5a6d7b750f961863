import { clientCallCodecs, type ClientCallCodecs } from '@trunkline/contract/codecs';
import { NO_LAYOUT } from '@trunkline/protocol';
import type { CallerLink } from './caller-link.js';
import type { CalledProcedure } from './client-value.js';

/** A procedure that was bound to a number, and the codecs that its answers may be packed with. */
interface Bound {
  readonly number: number;
  readonly codecs: ClientCallCodecs | undefined;
}

/** No contract has as many; each comes twice at most. */
const MAX_BOUND = 4_096;
const NO_HASHES = { send: NO_LAYOUT, receive: NO_LAYOUT };

/** The numbers that a session gives to what its client answers, and what of that may be packed. */
export class ClientBindings {
  readonly #link: CallerLink;
  readonly #bound = new Map<string, Bound>();
  /** Procedures whose layouts the client does not have. */
  readonly #unpacked = new Set<string>();
  /** Numbers that were given to procedures; none comes twice. */
  #numbers = 0;

  constructor(link: CallerLink) {
    this.#link = link;
  }

  /** Whether nothing was bound yet. */
  get isEmpty(): boolean {
    return this.#numbers === 0;
  }

  /** Whether there is a number for a procedure, or one left. */
  hasRoomFor({ name }: CalledProcedure): boolean {
    return this.#bound.has(name) || this.#numbers < MAX_BOUND;
  }

  /** What inputs are packed with; `undefined` where they are not. */
  inputCodec({ name, definition }: CalledProcedure): ClientCallCodecs['input'] {
    const mayPack = this.#link.takesPacked && !this.#unpacked.has(name);
    return mayPack ? clientCallCodecs(definition).input : undefined;
  }

  /** What answers may be packed with. */
  answerCodecs({ name }: CalledProcedure): ClientCallCodecs | undefined {
    return this.#bound.get(name)?.codecs;
  }

  /** Gives the number of a procedure; a new one is told to the client first. */
  bind({ name, definition }: CalledProcedure): number {
    const known = this.#bound.get(name);
    if (known !== undefined) return known.number;
    const codecs = this.#link.takesPacked ? clientCallCodecs(definition) : undefined;
    const procedure = this.#numbers++;
    this.#bound.set(name, { number: procedure, codecs });
    const { send, receive: receiveHash } = codecs ?? NO_HASHES;
    const sendHash = this.#unpacked.has(name) ? NO_LAYOUT : send;
    const hashes = { sendHash, receiveHash };
    this.#link.send({ kind: 'BIND', procedure, procedureKind: 'call', name, ...hashes });
    return procedure;
  }

  /** The client does not have the layout of an input: from now on none of its inputs is packed. */
  refused({ name }: CalledProcedure): void {
    if (this.#unpacked.has(name)) return;
    this.#unpacked.add(name);
    // Under another number: the hash of the first one says that inputs are packed.
    this.#bound.delete(name);
  }
}
