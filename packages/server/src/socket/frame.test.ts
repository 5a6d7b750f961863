import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { RawPeer } from '../../tests/raw-peer.js';
import { beginFrame, encodeFrames, frameBytes } from './frame.js';

const LENGTHS = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 262_144];

describe('encodeFrames', () => {
  it('writes the bytes that the library writes', async () => {
    const batches = LENGTHS.map((length) => new Uint8Array(length).fill(length % 251));
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (webSocket) => {
      for (const batch of batches) webSocket.send(batch);
    });
    const peer = await RawPeer.upgrade((server.address() as AddressInfo).port);
    const frames = Buffer.alloc(frameBytes(batches));
    encodeFrames(batches, frames);
    await peer.until(() => peer.received.length >= frames.length);
    expect(peer.received.equals(frames)).toBe(true);
    peer.socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('beginFrame', () => {
  it.each(LENGTHS)('begins a message of %i bytes as if it were written whole', (length) => {
    const batch = Uint8Array.from({ length }, (_, index) => index % 251);
    const whole = Buffer.alloc(frameBytes([batch]));
    encodeFrames([batch], whole);
    const at = Math.min(10, length);
    const begun = beginFrame(length, batch.subarray(0, at));
    expect(Buffer.concat([begun, batch.subarray(at)]).equals(whole)).toBe(true);
  });
});
