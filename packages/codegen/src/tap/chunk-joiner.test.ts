import { describe, expect, it } from 'vitest';
import { ChunkJoiner } from './chunk-joiner.js';

function chunk(
  transfer: number,
  bytes: Uint8Array,
  flags: { first?: true; last?: true; abort?: true },
) {
  const { first = false, last = false, abort = false } = flags;
  const size = bytes.length;
  return {
    kind: 'CHUNK',
    transfer,
    isFirst: first,
    isLast: last,
    isAbort: abort,
    size,
    bytes,
  } as const;
}

const BYTE = new Uint8Array([7]);

describe('ChunkJoiner', () => {
  it('puts the pieces of several transfers together', () => {
    const joiner = new ChunkJoiner();
    expect(joiner.join(chunk(0, new Uint8Array([1, 2]), { first: true }))).toBeUndefined();
    expect(joiner.join(chunk(1, BYTE, { first: true, last: true }))).toEqual(Buffer.from([7]));
    expect(joiner.join(chunk(0, new Uint8Array([3]), { last: true }))).toEqual(
      Buffer.from([1, 2, 3]),
    );
  });

  it('forgets what is aborted, begun anew or was never begun', () => {
    const joiner = new ChunkJoiner();
    joiner.join(chunk(0, BYTE, { first: true }));
    joiner.join(chunk(0, BYTE, { abort: true }));
    expect(joiner.join(chunk(0, BYTE, { last: true }))).toBeUndefined();
    joiner.join(chunk(1, BYTE, { first: true }));
    joiner.join(chunk(1, BYTE, { first: true }));
    expect(joiner.join(chunk(1, BYTE, { last: true }))).toHaveLength(2);
  });

  it('holds no more than there is room for, and goes on afterwards', () => {
    const joiner = new ChunkJoiner();
    const much = new Uint8Array(20 * 1_048_576);
    joiner.join(chunk(0, much, { first: true }));
    joiner.join(chunk(1, much, { first: true }));
    expect(joiner.join(chunk(1, BYTE, { last: true }))).toBeUndefined();
    expect(joiner.join(chunk(0, BYTE, { last: true }))).toHaveLength(much.length + 1);
    expect(joiner.join(chunk(2, much, { first: true, last: true }))).toHaveLength(much.length);
  });

  it('holds no more pieces without bytes either', () => {
    const joiner = new ChunkJoiner();
    joiner.join(chunk(0, BYTE, { first: true }));
    const none = new Uint8Array(0);
    for (let count = 0; count < 300_000; count++) joiner.join(chunk(0, none, {}));
    expect(joiner.join(chunk(0, BYTE, { last: true }))).toBeUndefined();
  });
});
