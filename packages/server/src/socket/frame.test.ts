import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { RawPeer } from '../../tests/raw-peer.js';
import { beginFrame, encodeHeader, frameBytes, joinFrames } from './frame.js';

const LENGTHS = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 262_144];

describe('joinFrames', () => {
  it('gives the bytes that the library writes, and so do headers before batches', async () => {
    const batches = LENGTHS.map((length) => new Uint8Array(length).fill(length % 251));
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (webSocket) => {
      for (const batch of batches) webSocket.send(batch);
    });
    const peer = await RawPeer.upgrade((server.address() as AddressInfo).port);
    const frames = joinFrames(batches, true);
    expect(frames).toHaveLength(frameBytes(batches));
    await peer.until(() => peer.received.length >= frames.length);
    expect(peer.received.equals(frames)).toBe(true);
    const pieces = batches.flatMap((batch) => [encodeHeader(batch), batch]);
    expect(peer.received.equals(Buffer.concat(pieces))).toBe(true);
    peer.socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives the same buffer for the same batches in a row, and only for these', () => {
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(1)];
    const frames = joinFrames([first, second], true);
    expect(joinFrames([first, second], false)).toBe(frames);
    expect(joinFrames([first], false)).toEqual(frames.subarray(0, 3));
    expect(joinFrames([second, first], true)).not.toBe(frames);
  });
});

describe('beginFrame', () => {
  it.each(LENGTHS)('begins a message of %i bytes as if it were written whole', (length) => {
    const batch = Uint8Array.from({ length }, (_, index) => index % 251);
    const whole = joinFrames([batch], true);
    const at = Math.min(10, length);
    const begun = beginFrame(length, batch.subarray(0, at));
    expect(Buffer.concat([begun, batch.subarray(at)]).equals(whole)).toBe(true);
  });
});
