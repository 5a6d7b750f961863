import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  Violation,
  Writer,
  type Batch,
  type BatchHead,
} from '@trunkline/protocol';
import {
  callsOf,
  fromMessage,
  itemsOf,
  readConversations,
  toMessage,
  type ShownMessage,
  type Step,
} from './conversation.js';

const CONVERSATIONS = readConversations();

interface Bytes {
  readonly says: string;
  readonly hex: string;
  readonly head: BatchHead;
  readonly messages: readonly ShownMessage[];
}

/** The batches of a conversation, each with the messages that its bytes hold. */
function batchesOf(steps: readonly Step[]): Bytes[] {
  return steps.flatMap((step) => {
    if (!('hex' in step) || step.hex === undefined || step.head === undefined) return [];
    const shown =
      'messages' in step ? step.messages : 'items' in step ? itemsOf(step) : callsOf(step);
    const messages = 'messages' in step ? shown : shown.slice(0, 1);
    return [{ says: step.says, hex: step.hex, head: step.head, messages }];
  });
}

describe('conversations', () => {
  it('are numbered and named', () => {
    expect(CONVERSATIONS.map(({ number }) => number)).toEqual(CONVERSATIONS.map((_, i) => i + 1));
    expect(new Set(CONVERSATIONS.map(({ name }) => name)).size).toBe(CONVERSATIONS.length);
  });

  describe.each(CONVERSATIONS)('$name', ({ steps, tests, prints }) => {
    it('has bytes for every step that sends messages', () => {
      const sending = steps.filter(
        (step) => 'messages' in step || 'items' in step || 'calls' in step,
      );
      expect(batchesOf(steps)).toHaveLength(sending.length);
    });

    it.each(batchesOf(steps))('has for "$says" the bytes of its messages', (batch) => {
      const { hex, head, messages } = batch;
      const read = decodeBatch(new Uint8Array(Buffer.from(hex, 'hex'))) as Batch;
      expect(read).toMatchObject({ now: false, ...head });
      expect(read.messages.map((message) => fromMessage(message))).toMatchObject(
        messages.map((message) => fromMessage(toMessage(message))),
      );
      const written = encodeBatch(new Writer(), head, messages.map(toMessage));
      expect(Buffer.from(written).toString('hex')).toBe(hex);
    });

    it('breaks the protocol with bytes exactly where the other side closes', () => {
      for (const [index, step] of steps.entries()) {
        if (!('bytes' in step)) continue;
        const next = steps[index + 1];
        const isRefused = next !== undefined && 'close' in next && next.close === 4400;
        const batch = decodeBatch(Buffer.from(step.bytes, 'hex'));
        expect(batch instanceof Violation).toBe(isRefused);
      }
    });

    it('says what a client under test prints', () => {
      expect(tests.length).toBeGreaterThan(0);
      expect(prints !== undefined).toBe(tests.includes('client'));
    });
  });

  it('all stand in PROTOCOL.md, in order', () => {
    const document = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
    const shown = [...document.matchAll(/^### (\d+)\. (.*)\n[\s\S]*?^```conversation (.*)$/gm)];
    expect(shown.map(([, number, title, name]) => [Number(number), title, name])).toEqual(
      CONVERSATIONS.map(({ number, title, name }) => [number, title, name]),
    );
  });
});
