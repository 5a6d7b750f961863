import type { DecodeLimits } from '../limits.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What a scan found in JSON text that nobody has parsed yet. */
export interface Scan {
  /** Why the text must not be parsed. */
  readonly fault: string | undefined;
  /** Whether a string holds an escape, so that keys and surrogates can only be seen after parsing. */
  readonly escaped: boolean;
}

/**
 * Walks JSON text once, as bytes, and finds what would make parsing it dear. `JSON.parse` itself
 * takes any depth and any count. Nothing here checks the grammar; `JSON.parse` does. The document
 * around the value is one level and one value more than the limits say.
 */
export function scanJson(bytes: Uint8Array, limits: DecodeLimits): Scan {
  const keys = new Uint32Array(limits.depth + 2);
  let depth = 0;
  let values = 0;
  let escaped = false;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case QUOTE: {
        for (index++; index < bytes.length && bytes[index] !== QUOTE; index++) {
          if (bytes[index] === BACKSLASH) {
            escaped = true;
            index++;
          }
        }
        break;
      }
      case COLON: {
        const count = (keys[depth] ?? 0) + 1;
        keys[depth] = count;
        if (count > limits.keys) return fault(`an object has more than ${limits.keys} keys`);
        break;
      }
      case COMMA:
        values++;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        values++;
        if (depth > limits.depth + 1) return fault(`nested deeper than ${limits.depth} levels`);
        keys[depth] = 0;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth = Math.max(0, depth - 1);
        break;
    }
    if (values > limits.values) return fault(`more than ${limits.values} values`);
  }
  return { fault: undefined, escaped };
}

function fault(reason: string): Scan {
  return { fault: reason, escaped: false };
}
