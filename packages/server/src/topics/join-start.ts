import type {
  Cursor,
  GapMessage,
  HistoryPage,
  HistoryQuery,
  HistoryStart,
  JoinState,
} from '@trunkline/protocol';
import type { HubTopic } from './hub-topic.js';

/** A topic, and how its history is read. */
export interface JoinTopic {
  readonly topic: HubTopic;
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>;
}

/** What a subscriber wants of what is kept: all after a cursor, the newest `last`, or nothing. */
export interface JoinWish {
  readonly cursor: Cursor | undefined;
  readonly last: number | undefined;
}

/** Where a subscription begins, and what its client is told about that. */
export interface JoinStart {
  readonly state: JoinState;
  /** What is published after this offset follows. */
  readonly offset: number;
  readonly gap?: Omit<GapMessage, 'kind' | 'sub'>;
}

/** Finds where a subscriber may begin that came at `origin`. Rejects with the broker's error. */
export async function findJoinStart(
  from: JoinTopic,
  { cursor, last, origin }: JoinWish & { readonly origin: Cursor },
): Promise<JoinStart> {
  const { topic } = from;
  // Without history nobody can say what was missed, so nothing is said.
  if (!topic.keeps || (cursor === undefined && (last ?? 0) === 0)) {
    return { state: 'fresh', offset: offsetOf(origin, topic) };
  }
  if (cursor === undefined) {
    const kept = await firstKept(from, { last: last ?? 0 });
    return { state: 'fresh', offset: Math.min(kept, offsetOf(origin, topic)) };
  }
  const { epoch } = cursor;
  // A cursor may name the highest number there is, after which none can be written.
  const missed = Math.min(cursor.offset + 1, Number.MAX_SAFE_INTEGER);
  if (!(await isPlaceOf(from, cursor))) {
    const offset = await firstKept(from, { after: 0 });
    return { state: 'gap', offset, gap: { epoch, from: missed, to: undefined, reason: 'epoch' } };
  }
  const offset = await firstKept(from, { after: cursor.offset });
  if (offset <= cursor.offset) return { state: 'recovered', offset: cursor.offset };
  return { state: 'gap', offset, gap: { epoch, from: missed, to: offset, reason: 'expired' } };
}

/** Where somebody begins who came at this place; of an epoch that has ended, at the newest one. */
export function offsetOf(origin: Cursor, { place }: HubTopic): number {
  return origin.epoch === place.epoch ? Math.min(origin.offset, place.offset) : place.offset;
}

/** Another node may have given the client what has not come here yet, so the broker is asked. */
async function isPlaceOf(
  { topic, history }: JoinTopic,
  { epoch, offset }: Cursor,
): Promise<boolean> {
  if (epoch !== topic.place.epoch) return false;
  if (offset <= topic.place.offset) return true;
  const { top } = await history({ from: { after: offset }, maxRecords: 1, maxBytes: 1 });
  return top.epoch === epoch && top.offset >= offset;
}

/** The place after which everything is kept that is wanted. */
async function firstKept({ topic, history }: JoinTopic, from: HistoryStart): Promise<number> {
  const { epoch, offset } = topic.place;
  const wanted = 'after' in from ? from.after : 0;
  if ('after' in from && wanted >= offset) return wanted;
  const { records, top } = await history({ from, maxRecords: 1, maxBytes: 1 });
  // Another epoch has begun at the broker, and `moved` is on its way.
  if (top.epoch !== epoch) return 'after' in from ? wanted : offset;
  return Math.max(wanted, records[0]?.previous ?? top.offset);
}
