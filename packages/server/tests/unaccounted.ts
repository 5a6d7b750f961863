import type { Cursor } from '@trunkline/protocol';
import type { Told } from './follower.js';

/** What was published: offsets with their keys, by epoch. */
export type Published = Map<string, Map<number, string>>;

/** Notes what was published. */
export function notePublished(published: Published, { epoch, offset }: Cursor, key: string): void {
  const keys = published.get(epoch) ?? new Map<number, string>();
  published.set(epoch, keys.set(offset, key));
}

/**
 * Compares what was published with what a client was told up to its place. Each offset behind the
 * first is to be delivered, conflated or missing, once; and of what was conflated, a newer one with its
 * key was delivered or is missing.
 */
export function findUnaccounted(
  published: Published,
  { told, place }: { readonly told: readonly Told[]; readonly place: Cursor | undefined },
): string[] {
  return [...published].flatMap(([epoch, keys]) => {
    const ranges = told.filter((one) => one.epoch === epoch);
    const first = Math.min(...ranges.map(({ from }) => from));
    const last = place?.epoch === epoch ? place.offset : Infinity;
    return [...keys].flatMap(([offset, key]) => {
      if (offset < first || offset > last) return [];
      const kinds = ranges.filter((range) => isIn(range, offset)).map(({ kind }) => kind);
      const isReplaced = (): boolean =>
        [...keys].some(
          ([newer, other]) =>
            newer > offset &&
            other === key &&
            ranges.some((range) => range.kind !== 'conflated' && isIn(range, newer)),
        );
      const isOpen = ranges.some(({ to }) => to === undefined);
      const isRight = kinds.length === 1 && (kinds[0] !== 'conflated' || isOpen || isReplaced());
      return isRight ? [] : [`${epoch} ${offset}: ${kinds.join() || 'nothing'}`];
    });
  });
}

function isIn({ from, to = Infinity }: Told, offset: number): boolean {
  return from <= offset && offset <= to;
}
