import type { Chance } from './chance.js';
import type { FuzzInput } from './fuzz-loop.js';
import { mutate, padOne, scramble, serialize, type Part } from './part.js';

/** Makes a tree of one input; a wild one breaks some rules by itself. */
export type TreeMaker = (isWild: boolean) => Part;

/** Makes an input in one of the ways: well-formed, broken in one place, or broken in many. */
export function inputOf(chance: Chance, tree: TreeMaker, about?: string): FuzzInput {
  const way = chance.below(20);
  const made = tree(way >= 6 && way < 14);
  let expect: FuzzInput['expect'];
  if (way < 3) expect = 'accepted';
  else if (way < 5 && padOne(made, chance)) expect = 'refused';
  else if (way >= 10) mutate(made, chance, () => tree(true));
  const whole = serialize(made);
  const more = about === undefined ? {} : { about };
  if (whole === undefined) return { bytes: [new Uint8Array(0)], ...more };
  let bytes = whole;
  if (way === 5) {
    bytes = whole.slice(0, -1);
    expect = 'refused';
  } else if (way === 19) bytes = scramble(whole, chance);
  return { bytes: [bytes], expect, ...more };
}
