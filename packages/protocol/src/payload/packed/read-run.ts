import { readUtf8 } from '../../bytes/text.js';

/** Up to here, a loop is faster than the call of a decoder. */
const SHORT_TEXT = 24;
const { fromCharCode } = String;

/** Engines make shorter pieces anew, and longer ones views of the whole run. */
const VIEWED_UNITS = 13;
/** A run that may stay in memory because of one of its texts. */
const KEPT_UNITS = 4_096;

/** Gives one text of a run: one that somebody keeps must not keep a large run with it. */
export function pieceOf(run: string, from: number, to: number): string {
  const piece = run.slice(from, to);
  const { length } = piece;
  if (run.length <= KEPT_UNITS || length < VIEWED_UNITS || length * 4 > run.length) return piece;
  // What is joined and cut again is a copy.
  return ` ${piece}`.slice(1);
}

/** Reads the run of the texts of a value; `undefined` when it is malformed. */
export function readRun(source: Uint8Array, from: number, size: number): string | undefined {
  const text = size <= SHORT_TEXT ? readAscii(source, from, size) : undefined;
  if (text !== undefined) return text;
  try {
    return readUtf8(source, from, size);
  } catch {
    return undefined;
  }
}

/** Reads a short text; `undefined` when a byte is beyond ASCII. */
function readAscii(source: Uint8Array, from: number, size: number): string | undefined {
  const end = from + size;
  let at = from;
  let text = '';
  let seen = 0;
  // Four at once make a fourth of the texts between.
  for (; at + 4 <= end; at += 4) {
    const a = source[at] as number;
    const b = source[at + 1] as number;
    const c = source[at + 2] as number;
    const d = source[at + 3] as number;
    seen |= a | b | c | d;
    text += fromCharCode(a, b, c, d);
  }
  for (; at < end; at++) {
    const byte = source[at] as number;
    seen |= byte;
    text += fromCharCode(byte);
  }
  return seen < 128 ? text : undefined;
}
