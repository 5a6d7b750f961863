/** What a client holds at one moment; a test expects zeros when everything has ended. */
export interface ClientCounts {
  /** Calls, streams and publishes that are not settled. */
  readonly pendingCalls: number;
  /** Call ids without final message. */
  readonly takenIds: number;
  /** Topics that are subscribed. */
  readonly subscriptions: number;
  readonly subscribers: number;
}

const counters = new WeakMap<object, () => ClientCounts>();

/** Lets `inspect` look at a client. */
export function makeInspectable(client: object, count: () => ClientCounts): void {
  counters.set(client, count);
}

/** Counts what a client holds, so that a test can find leaks. Throws a TypeError for others. */
export function inspect(client: object): ClientCounts {
  const count = counters.get(client);
  if (count === undefined) throw new TypeError('expected what connect() returned');
  return count();
}
