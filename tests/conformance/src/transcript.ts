import type { ReceivedMessage } from '@trunkline/protocol';

const MOST_LINES = 200;
const MAX_LINE = 200;

/** What was said on a connection, for people: of much, the beginning and the end. */
export class Transcript {
  readonly #lines: string[] = [];

  /** Notes a message and who says it. */
  say(direction: '<' | '>' | '< (lost)' | '> (lost)', message: ReceivedMessage): void {
    this.add(`${direction} ${JSON.stringify(message, showBytes)}`);
  }

  /** Notes something else that happened. */
  add(line: string): void {
    this.#lines.push(line.slice(0, MAX_LINE));
    if (this.#lines.length > MOST_LINES) this.#lines.splice(MOST_LINES / 2, 2, '  …');
  }

  /** Gives all of it. */
  toString(): string {
    return this.#lines.join('\n');
  }
}

/** Gives a text of the other side so that it stays on its line, and steers no terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (one) => JSON.stringify(one).slice(1, -1));
}

function showBytes(_key: string, value: unknown): unknown {
  // A Buffer has become this by its own `toJSON` before it gets here.
  const isBuffer = typeof value === 'object' && value !== null && 'data' in value;
  const bytes = isBuffer ? value.data : value;
  if (!(bytes instanceof Uint8Array || isBuffer)) return value;
  return Buffer.from(bytes as Uint8Array)
    .toString('latin1')
    .slice(0, MAX_LINE);
}
