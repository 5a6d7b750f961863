import { NO_LAYOUT, TrunklineError, type Message, type SessionLimits } from '@trunkline/protocol';
import type { CallForm } from './call-form.js';
import type { CallRequest } from './pending-call.js';
import { sizeError } from '../value/value.js';

/** What a procedure is bound with. */
export interface BindTerms extends Pick<SessionLimits, 'boundProcedures' | 'valueInBytes'> {
  readonly takesPacked: boolean;
}

const UNPACKED = { send: NO_LAYOUT, receive: NO_LAYOUT };

/** The numbers that one session gives to procedures. */
export class CallBindings {
  readonly #numbers = new Map<string, number>();
  /** Numbers that were given; none comes twice. */
  #bound = 0;

  /** Why the server would not take a call whatever happens. */
  fault({ name, payload }: CallRequest, terms: BindTerms): TrunklineError | undefined {
    const { boundProcedures, valueInBytes } = terms;
    if (this.#numbers.has(name) || this.#bound < boundProcedures) {
      return sizeError(payload, valueInBytes);
    }
    const message = `the server lets a session use ${boundProcedures} procedures at most`;
    return new TrunklineError('BUSY', message, { executed: 'no' });
  }

  /** Gives the number of a procedure; a new one is told to the server first. */
  bind(
    { kind, name, codec }: CallRequest,
    { takesPacked, form }: { readonly takesPacked: boolean; readonly form: CallForm },
    send: (message: Message) => void,
  ): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const procedure = this.#bound++;
    this.#numbers.set(name, procedure);
    const { send: sent, receive: receiveHash } = (takesPacked && codec) || UNPACKED;
    const sendHash = form.isRefused(name) ? NO_LAYOUT : sent;
    send({ kind: 'BIND', procedure, procedureKind: kind, name, sendHash, receiveHash });
    return procedure;
  }

  /** The next call of a procedure binds it anew, under another number. */
  forget(name: string): void {
    this.#numbers.delete(name);
  }

  /** The session is gone, and its numbers with it. */
  clear(): void {
    this.#numbers.clear();
    this.#bound = 0;
  }
}
