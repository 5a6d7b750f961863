import { TrunklineError, WIRE_DEFAULTS, type Part, type Payload } from '@trunkline/protocol';
import { isStream, type PendingCall } from './pending-call.js';
import { Snapshot } from '../value/snapshot.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import { asSuperjson, needsSuperjson, sizeError, type Unsent } from '../value/value.js';

/** Who is told that calls need to wait no longer. */
export interface CallFormOwner {
  /** What had to wait for the code for superjson can be written. */
  loaded(): void;
  /** The code cannot be had. */
  failed(cause: unknown): void;
}

/** In which form the values of calls travel on one connection after the other: packed or not. */
export class CallForm {
  readonly #superjson: SuperjsonLoader;
  readonly #owner: CallFormOwner;
  /** Procedures whose layouts the server does not have. */
  readonly #unpacked = new Set<string>();
  #isLoading = false;

  constructor(superjson: SuperjsonLoader, owner: CallFormOwner) {
    this.#superjson = superjson;
    this.#owner = owner;
  }

  /** The code that reads superjson; `undefined` as long as it is not loaded. */
  get code(): SuperjsonLoader['code'] {
    return this.#superjson.code;
  }

  /** The server does not know the layouts of a procedure; `true` when that is news. */
  refused(name: string): boolean {
    const isNews = !this.#unpacked.has(name);
    this.#unpacked.add(name);
    return isNews;
  }

  /** Whether the server does not know the layouts of a procedure. */
  isRefused(name: string): boolean {
    return this.#unpacked.has(name);
  }

  /** The connection is gone, and what its server did not know. */
  clear(): void {
    this.#unpacked.clear();
  }

  /** Whether a call cannot be written yet. */
  awaitsCode(call: PendingCall, takesPacked: boolean): boolean {
    if (this.code !== undefined) return false;
    const { payload } = call.request;
    if (this.#mayPack(call, takesPacked)) return payload instanceof Snapshot;
    // Of a stream, it is known only later what its items are.
    return isStream(call) || needsSuperjson(payload);
  }

  /**
   * Publishes keep their order: those that were sent packed may have to go again before this one,
   * and a large one, which `hasLarge` says that there is, would be passed while it is written.
   */
  mustFollow(
    { request: { kind, name } }: PendingCall,
    sent: { holders(): readonly PendingCall[] },
    hasLarge: boolean,
  ): boolean {
    if (kind !== 'publish') return false;
    const isRefused = this.isRefused(name);
    if (!isRefused && !hasLarge) return false;
    const isBefore = ({ request, isPacked, state, entry }: PendingCall): boolean => {
      if (request.name !== name || request.kind !== kind || state !== 'sent') return false;
      return (isPacked && isRefused) || isBulk(entry);
    };
    return sent.holders().some(isBefore);
  }

  /** Loads the code, and tells the owner once what came of it. */
  load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const loaded = (): void => {
      this.#isLoading = false;
      this.#owner.loaded();
    };
    const failed = (cause: unknown): void => {
      this.#isLoading = false;
      this.#owner.failed(cause);
    };
    void this.#superjson.load().then(loaded, failed);
  }

  /** Decides on the form of a call and gives its payload, or why it cannot be sent. */
  payloadOf(call: PendingCall, takesPacked: boolean, maxBytes: number): Payload | TrunklineError {
    const { payload, codec } = call.request;
    call.isPacked = this.#mayPack(call, takesPacked);
    try {
      const sent = this.asSent(call, payload, codec?.input);
      return sizeError(sent, maxBytes) ?? sent;
    } catch (error) {
      if (error instanceof TrunklineError) return error;
      throw error;
    }
  }

  /** Gives a value in the form in which this call's values travel. */
  asSent(call: PendingCall, value: Unsent, part: Part | undefined): Payload {
    if (call.isPacked && !(value instanceof Snapshot)) return value;
    return asSuperjson(value, part, this.code);
  }

  #mayPack({ request: { name, codec } }: PendingCall, takesPacked: boolean): boolean {
    return codec !== undefined && takesPacked && !this.isRefused(name);
  }
}

/** Whether it goes in chunks, some of which are not written. */
function isBulk(entry: PendingCall['entry']): boolean {
  return entry?.state === 'queued' && entry.size > WIRE_DEFAULTS.cutBytes;
}
