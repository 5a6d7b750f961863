import { describe, expect, it } from 'vitest';
import { encodeRawFrame, type RawFrame } from '../../tests/raw-peer.js';
import { FrameTracker } from './frame-tracker.js';

const MASK = [1, 2, 3, 4];

function bytesOf(...frames: RawFrame[]): Buffer {
  return Buffer.concat(frames.map((frame) => encodeRawFrame({ mask: MASK, ...frame })));
}

function payload(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x82);
}

describe('FrameTracker', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
    'sees the end of a message of %i bytes, and not before its last byte',
    (length) => {
      const bytes = bytesOf({ first: 0x82, payload: payload(length) });
      const tracker = new FrameTracker();
      tracker.read(bytes.subarray(0, -1));
      expect([tracker.messages, tracker.isUnfinished]).toEqual([0, true]);
      tracker.read(bytes.subarray(-1));
      expect([tracker.messages, tracker.isUnfinished]).toEqual([1, false]);
    },
  );

  it('says the same however the bytes are cut', () => {
    const bytes = bytesOf(
      { first: 0x82, payload: payload(3) },
      { first: 0x02, payload: payload(130) },
      { first: 0x89, payload: payload(5) },
      { first: 0x80, payload: payload(0) },
      { first: 0x82, payload: payload(70_000) },
    );
    for (const size of [1, 2, 3, 7, 100, 4_096, bytes.length]) {
      const tracker = new FrameTracker();
      for (let at = 0; at < bytes.length; at += size) tracker.read(bytes.subarray(at, at + size));
      expect([tracker.messages, tracker.isUnfinished]).toEqual([3, false]);
    }
  });

  it('counts a message of several frames once, with control frames between them', () => {
    const tracker = new FrameTracker();
    tracker.read(bytesOf({ first: 0x02, payload: payload(1) }));
    expect([tracker.messages, tracker.isUnfinished]).toEqual([0, true]);
    tracker.read(bytesOf({ first: 0x89 }, { first: 0x00, payload: payload(1) }));
    expect([tracker.messages, tracker.isUnfinished]).toEqual([0, true]);
    tracker.read(bytesOf({ first: 0x80 }));
    expect([tracker.messages, tracker.isUnfinished]).toEqual([1, false]);
  });

  it('counts no control frame as a message, and knows when one is cut', () => {
    const bytes = bytesOf({ first: 0x89, payload: payload(4) }, { first: 0x8a });
    const tracker = new FrameTracker();
    tracker.read(bytes.subarray(0, 3));
    expect(tracker.isUnfinished).toBe(true);
    tracker.read(bytes.subarray(3));
    expect([tracker.messages, tracker.isUnfinished]).toEqual([0, false]);
  });

  it('follows frames without a mask', () => {
    const tracker = new FrameTracker();
    tracker.read(encodeRawFrame({ first: 0x82, payload: payload(300) }));
    expect([tracker.messages, tracker.isUnfinished]).toEqual([1, false]);
  });

  it('takes any bytes without throwing', () => {
    const tracker = new FrameTracker();
    let state = 1;
    for (let round = 0; round < 2_000; round++) {
      const chunk = Uint8Array.from({ length: round % 40 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return state >>> 24;
      });
      expect(() => tracker.read(chunk)).not.toThrow();
    }
  });
});
