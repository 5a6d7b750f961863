import { expect, it } from 'vitest';
import { placesOf } from './places.js';

const UPGRADE = Buffer.from('GET / HTTP/1.1\r\n\r\n');

function frame(length: number): Buffer {
  const head = Buffer.from([0x82, 126, 0, 0]);
  head.writeUInt16BE(length, 2);
  return Buffer.concat([head, Buffer.alloc(length)]);
}

it('names every byte of frames, and those of an upgrade where they are wanted', () => {
  const kept = Buffer.concat([UPGRADE, Buffer.from([0x82, 1, 7, 0x82, 0])]);
  expect(placesOf(kept, true)).toEqual(Array.from({ length: kept.length + 1 }, (_, at) => at));
  expect(placesOf(kept, false)).toEqual([0, 16, 18, 19, 20, 21, 22, 23]);
});

it('leaves out most of the middle of a large frame, and nothing of its ends', () => {
  const kept = Buffer.concat([UPGRADE, frame(10_000), frame(1)]);
  const places = placesOf(kept, true);
  const begin = UPGRADE.length + 64;
  expect(places.slice(0, begin)).toEqual(Array.from({ length: begin }, (_, at) => at));
  expect(places.length).toBeLessThan(120);
  const ends = Array.from({ length: 14 }, (_, at) => kept.length - 13 + at);
  expect(places.slice(-ends.length)).toEqual(ends);
});
