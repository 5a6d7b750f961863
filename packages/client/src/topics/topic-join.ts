import type { Cursor, JoinState } from '@trunkline/protocol';
import type { Gap, Joined } from './topic-method.js';

/** What a subscriber waits for: what is published from now on, kept messages too, or all since. */
export type Need =
  | { readonly kind: 'now' }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'from'; readonly cursor: Cursor };

/** What a SUBSCRIBE asks for. */
export interface Ask {
  readonly cursor: Cursor | undefined;
  readonly last: number | undefined;
}

/** What a SUBSCRIBED answers, together with the GAP that follows it. */
export interface Answer extends Cursor {
  readonly state: JoinState;
  readonly top: number;
  readonly gap: Gap | undefined;
  /** How many kept messages were asked for, where nothing else was. */
  readonly onlyLast?: number | undefined;
}

/** Where one subscriber stands after a join. */
export interface Join {
  readonly place: Cursor;
  readonly joined: Joined;
}

/**
 * Gives what to ask so that all subscribers of a topic get what they need. The oldest need decides,
 * and each skips what it has. `place` is how far the topic was received before.
 */
export function askFor(needs: readonly Need[], place: Cursor | undefined): Ask {
  const cursors = needs.flatMap((need) => (need.kind === 'from' ? [need.cursor] : []));
  const counts = needs.flatMap((need) => (need.kind === 'last' ? [need.count] : []));
  const last = counts.length > 0 ? Math.max(...counts) : undefined;
  // A place that nobody needs, not even through a join that was cut, says nothing of what is missed.
  const isNeeded = cursors.length === 0 || cursors.some((one) => one.epoch === place?.epoch);
  const epoch = (isNeeded ? place?.epoch : undefined) ?? cursors[0]?.epoch;
  const offsets = cursors.filter((one) => one.epoch === epoch).map(({ offset }) => offset);
  if (place !== undefined && place.epoch === epoch && last !== undefined) {
    offsets.push(Math.max(0, place.offset - last));
  }
  if (epoch === undefined || offsets.length === 0) return { cursor: undefined, last };
  return { cursor: { epoch, offset: Math.min(...offsets) }, last };
}

/** Tells whether a need is older than what follows a place, so that it must be asked for. */
export function isOlder(need: Need, place: Cursor): boolean {
  if (need.kind === 'last') return need.count > 0 && place.offset > 0;
  return (
    need.kind === 'from' && need.cursor.epoch === place.epoch && need.cursor.offset < place.offset
  );
}

/**
 * Works out where a subscriber with this need stands after a join. `wasLive` says that it was
 * joined all the time until now, so that a step ahead is a hole.
 */
export function joinAt(need: Need, answer: Answer, wasLive: boolean): Join {
  const { epoch, offset, top, gap } = answer;
  switch (need.kind) {
    case 'now':
      return { place: { epoch, offset: top }, joined: fresh(0) };
    case 'last': {
      const start = afterGap(answer);
      // Offsets may jump, so counting back from the newest could skip what was asked for.
      const first = need.count === answer.onlyLast ? start : Math.max(start, top - need.count);
      return { place: { epoch, offset: first }, joined: fresh(top - first) };
    }
    case 'from': {
      const { cursor } = need;
      if (answer.state === 'fresh') return joinFresh(cursor, answer, wasLive);
      const missed = clipGap(cursor, gap) ?? lostEpoch(cursor, answer) ?? skipped(cursor, answer);
      if (missed === undefined) {
        const count = Math.max(0, top - cursor.offset);
        return { place: cursor, joined: { kind: 'recovered', count } };
      }
      const end = cursor.epoch === epoch ? (missed.to ?? offset) : afterGap(answer);
      return { place: { epoch, offset: end }, joined: { kind: 'gap', ...missed } };
    }
  }
}

function fresh(count: number): Joined {
  return { kind: 'fresh', count: Math.max(0, count) };
}

function joinFresh(cursor: Cursor, { epoch, offset, top }: Answer, wasLive: boolean): Join {
  const isSame = cursor.epoch === epoch;
  const place = { epoch, offset: isSame ? Math.max(offset, cursor.offset) : offset };
  if (!wasLive || !isSame || offset <= cursor.offset) {
    return { place, joined: fresh(top - place.offset) };
  }
  const missed: Gap = { epoch, from: cursor.offset + 1, to: offset, reason: 'expired' };
  return { place, joined: { kind: 'gap', ...missed } };
}

/** What of a gap lies behind a place in its epoch; `undefined` when nothing does. */
export function clipGap(place: Cursor, gap: Gap | undefined): Gap | undefined {
  if (gap === undefined || gap.epoch !== place.epoch) return undefined;
  if (gap.to !== undefined && gap.to <= place.offset) return undefined;
  return { ...gap, from: Math.max(gap.from, place.offset + 1) };
}

function lostEpoch(cursor: Cursor, { epoch }: Answer): Gap | undefined {
  if (cursor.epoch === epoch) return undefined;
  return { epoch: cursor.epoch, from: cursor.offset + 1, to: undefined, reason: 'epoch' };
}

/** What lies between a cursor and where the topic begins for another one, of an epoch before. */
function skipped(cursor: Cursor, { epoch, offset }: Answer): Gap | undefined {
  if (offset <= cursor.offset) return undefined;
  return { epoch, from: cursor.offset + 1, to: offset, reason: 'expired' };
}

function afterGap({ epoch, offset, gap }: Answer): number {
  return gap?.epoch === epoch ? Math.max(offset, gap.to ?? offset) : offset;
}
