import type { Gap, SubscriptionState, Topic } from '../src/index.js';

/** Reads to the end. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A loop over something, with what it has taken so far and how it ends. */
export function loopOver<Item>(items: AsyncIterable<Item>) {
  const taken: Item[] = [];
  const finished = (async () => {
    for await (const item of items) taken.push(item);
  })();
  return { taken, finished };
}

/** A subscription by callbacks, with all that was called. */
export function record<Item>(topic: Topic<Item>) {
  const messages: Item[] = [];
  const gaps: Gap[] = [];
  const states: SubscriptionState[] = [];
  const subscription = topic.subscribe({
    message: (message) => messages.push(message),
    gap: (missing) => gaps.push(missing),
    state: (state) => states.push(state),
  });
  return { messages, gaps, states, subscription };
}

/** A subscription that takes snapshots, with all that was called in order. */
export function recordSnapshots<Item, Snapshot>(
  topic: Topic<Item, Snapshot>,
  { takesGaps = true } = {},
) {
  const told: unknown[] = [];
  const listeners = {
    snapshot: (snapshot: Snapshot) => told.push({ snapshot }),
    message: (message: Item) => told.push(message),
    ...(takesGaps && { gap: (missing: Gap) => told.push(missing) }),
  };
  const subscription = topic.subscribe(listeners as Parameters<typeof topic.subscribe>[0]);
  return { told, subscription };
}
