/** Way of bytes: `up` is from the client to the server. */
export type Direction = 'up' | 'down';

/**
 * How a connection is cut. `fin` ends one direction, and what is said on the other one still comes;
 * `rst` ends both at once. After `silence` one direction swallows all bytes, after `blackout` both,
 * and after `late` one direction brings them so late that they meet the connection that follows. With
 * `stray` the client is reset, and what it has sent still comes, behind the begin of the next one.
 */
export type How = 'fin' | 'rst' | 'silence' | 'blackout' | 'late' | 'stray';

export const DIRECTIONS: readonly Direction[] = ['up', 'down'];
export const WAYS: readonly How[] = ['fin', 'rst', 'silence', 'blackout', 'late', 'stray'];

/** A cut of one connection, when so many bytes of one direction have arrived. */
export interface Cut {
  readonly direction: Direction;
  readonly at: number;
  readonly how: How;
}

/** Cuts of the connections of a run, by their order; `undefined` for one that is left alone. */
export type Cuts = readonly (Cut | undefined)[];

/** Writes cuts as the command line takes them. */
export function formatCuts(cuts: Cuts): string {
  const pick = (part: (cut: Cut) => string | number): string =>
    cuts.map((cut) => (cut === undefined ? '-' : part(cut))).join(',');
  return [
    `--at ${pick(({ at }) => at)}`,
    `--direction ${pick(({ direction }) => direction)}`,
    `--how ${pick(({ how }) => how)}`,
  ].join(' ');
}

/** Reads cuts as `formatCuts` writes them. Throws a TypeError that says what is allowed. */
export function parseCuts(at: string, direction: string, how: string): Cuts {
  const [directions, ways] = [direction.split(','), how.split(',')];
  return at.split(',').map((byte, index) => {
    if (byte === '-') return undefined;
    const [direction, how] = [readDirection(directions[index]), readWay(ways[index])];
    return { at: readByte(byte), direction, how };
  });
}

function readByte(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new TypeError(`option "--at" must be whole numbers from 0 with "," between, not "${text}"`);
}

function readDirection(text = ''): Direction {
  const found = DIRECTIONS.find((direction) => direction === text);
  if (found !== undefined) return found;
  throw new TypeError(
    `unknown direction "${text}": expected one of ${DIRECTIONS.join(', ')} for each cut`,
  );
}

function readWay(text = ''): How {
  const found = WAYS.find((way) => way === text);
  if (found !== undefined) return found;
  throw new TypeError(
    `unknown way to cut "${text}": expected one of ${WAYS.join(', ')} for each cut`,
  );
}
