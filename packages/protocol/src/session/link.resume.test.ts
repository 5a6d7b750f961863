import { describe, expect, it } from 'vitest';
import type { CallMessage, Message } from '../message.js';
import type { Outgoing } from './outbox.js';
import { callOf, KeptTransport, ResumedLink } from '../../tests/resumed-link.js';

const VOID: Message = { kind: 'VOID' };
const PING: Message = { kind: 'PING', value: 7 };
const CREDIT: Message = { kind: 'CREDIT', id: 0, items: 9, bytes: 9 };
const CANCEL: Message = { kind: 'CANCEL', id: 0, reason: 'withdrawn' };

function send(peer: ResumedLink, ...messages: Message[]) {
  return messages.map((message) => peer.link.send(message));
}

describe('a link that is resumed', () => {
  it('writes again what the peer does not have, with its numbers', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0), callOf(2), callOf(4));
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['CALL 1', 'CALL 2', 'CALL 3']);
    const second = await peer.resume(1);
    expect(second.said).toEqual(['CALL 2', 'CALL 3']);
    expect((await peer.resume(3)).said).toEqual([]);
    peer.link.stop();
    expect(peer.runtime.timers).toBe(0);
  });

  it('writes nothing twice that the peer has acknowledged', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0), callOf(2));
    await peer.runtime.settle();
    expect(peer.deliver({ ack: 1 })).toBeUndefined();
    expect(peer.link.first).toBe(2);
    expect((await peer.resume(1)).said).toEqual(['CALL 2']);
    peer.link.stop();
  });

  it('gives no new number before all of the old ones were written', async () => {
    const peer = new ResumedLink('client', { batchCloseBytes: 50_000 });
    send(peer, ...[0, 2, 4].map((id) => callOf(id, 30_000)));
    await peer.runtime.settle();
    peer.link.detach();
    const entry = peer.link.send(callOf(6));
    expect(entry.number).toBe(0);
    const { said, batches } = await peer.resume(0);
    expect(said).toEqual(['CALL 1', 'CALL 2', 'CALL 3', 'CALL 4']);
    expect(batches.length).toBeGreaterThan(1);
    expect(entry.number).toBe(4);
    peer.link.stop();
  });

  it('says of a call that was not written again yet that nobody will answer it', async () => {
    const peer = new ResumedLink();
    const [first, second] = send(peer, callOf(0), callOf(2)) as [Outgoing, Outgoing];
    await peer.runtime.settle();
    expect(peer.link.void(first)).toBe(false);
    peer.link.detach();
    peer.transport = new KeptTransport();
    peer.link.attach(peer.transport);
    peer.link.resume(peer.transport, 0);
    expect(peer.link.void(second)).toBe(true);
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['VOID 1', 'VOID 2']);
    peer.link.stop();
  });

  it('lets what has no number go first', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0), CANCEL);
    await peer.runtime.settle();
    peer.link.detach();
    peer.transport = new KeptTransport();
    peer.link.attach(peer.transport);
    peer.link.resume(peer.transport, 0);
    send(peer, PING, callOf(2));
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['PING', 'CANCEL 1', 'CALL 2', 'CALL 3']);
    peer.link.stop();
  });

  it('is told that all was written again before it tells its totals', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0));
    await peer.runtime.settle();
    expect((await peer.resume(0)).said).toEqual(['CALL 1']);
    expect(peer.replays).toBeGreaterThan(0);
    const before = peer.replays;
    await peer.resume(1);
    expect(peer.replays).toBe(before + 1);
    peer.link.stop();
  });

  it('keeps what is sent without a connection if it takes a number, and drops the rest', async () => {
    const peer = new ResumedLink();
    peer.link.detach();
    const [call, credit, ping] = send(peer, callOf(0), CREDIT, PING);
    expect([call?.state, credit?.state, ping?.state]).toEqual(['queued', 'withdrawn', 'withdrawn']);
    expect(peer.link.queuedMessages).toBe(1);
    expect((await peer.resume(0)).said).toEqual(['CALL 1']);
    peer.link.stop();
  });

  it('drops with its connection what has no number and was not written', async () => {
    const peer = new ResumedLink();
    send(peer, CREDIT, callOf(0));
    peer.link.detach();
    expect((await peer.resume(0)).said).toEqual(['CALL 1']);
    peer.link.stop();
  });

  it('writes nothing but the first message before it is resumed', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0));
    await peer.runtime.settle();
    peer.link.detach();
    const transport = new KeptTransport();
    peer.link.attach(transport, PING);
    send(peer, callOf(2), CREDIT);
    peer.link.flush();
    await peer.runtime.settle();
    expect(transport.said).toEqual(['PING']);
    peer.link.resume(transport, 0);
    await peer.runtime.settle();
    expect(transport.said).toEqual(['PING', 'CREDIT', 'CALL 1', 'CALL 2']);
    peer.link.stop();
  });

  it('skips what comes twice, and acts on what is new', async () => {
    const peer = new ResumedLink('server');
    peer.deliver({ seq: 1 }, callOf(0), callOf(2));
    await peer.resume(0);
    expect(peer.link.rx).toBe(2);
    expect(peer.deliver({ seq: 2 }, callOf(2), callOf(4))).toBeUndefined();
    expect(peer.received.map((message) => (message as CallMessage).id)).toEqual([0, 2, 4]);
    expect(peer.deliver({ seq: 5 }, VOID)).toBe('BAD_SEQ');
    peer.link.stop();
  });

  it('does not acknowledge again what its resume has told', async () => {
    const peer = new ResumedLink('server');
    peer.deliver({ seq: 1 }, callOf(0));
    const { batches } = await peer.resume(0, PING);
    expect(batches).toMatchObject([{ ack: undefined }]);
    await peer.runtime.advance(1_000);
    expect(peer.transport.batches).toHaveLength(1);
    peer.link.stop();
  });

  it('takes acknowledgements of what it is writing again', async () => {
    const peer = new ResumedLink();
    send(peer, callOf(0), callOf(2), callOf(4));
    await peer.runtime.settle();
    await peer.resume(0);
    expect(peer.deliver({ ack: 2 })).toBeUndefined();
    expect(peer.link.first).toBe(3);
    expect(peer.deliver({ ack: 4 })).toBe('BAD_ACK');
    expect((await peer.resume(2)).said).toEqual(['CALL 3']);
    peer.link.stop();
  });

  it.each([
    [0, 0, false],
    [1, 1, true],
    [3, 3, true],
    [4, 1, false],
    [1, 4, false],
  ])('can go on with rx %i and first %i: %s', async (rx, first, can) => {
    const peer = new ResumedLink();
    send(peer, callOf(0), callOf(2), callOf(4));
    await peer.runtime.settle();
    peer.deliver({ seq: 1, ack: 1 }, VOID, VOID);
    expect(peer.link.canResume(rx, first)).toBe(can);
    peer.link.stop();
  });

  it('tells what remains of a deadline when its call is written again', async () => {
    const peer = new ResumedLink();
    peer.link.send({ ...callOf(0), deadlineMs: 5_000, deadlineAt: 5_000 } as Message);
    await peer.runtime.settle();
    expect(peer.transport.messages).toMatchObject([{ deadlineMs: 5_000 }]);
    peer.link.detach();
    await peer.runtime.advance(2_000);
    const { messages } = await peer.resume(0);
    expect(messages).toMatchObject([{ deadlineMs: 3_000 }]);
    peer.link.stop();
  });
});

describe('a call that is withdrawn without a connection', () => {
  it('is VOID under its number when it was written and has not come', async () => {
    const peer = new ResumedLink();
    const [, entry] = send(peer, callOf(0), callOf(2), callOf(4));
    await peer.runtime.settle();
    peer.link.detach();
    if (entry === undefined) throw new Error('no entry');
    peer.link.void(entry);
    expect(entry).toMatchObject({ number: 2, state: 'void' });
    expect((await peer.resume(1)).said).toEqual(['VOID 2', 'CALL 3']);
    peer.link.stop();
  });

  it('is left as it is once it was acknowledged', async () => {
    const peer = new ResumedLink();
    const [entry] = send(peer, callOf(0), callOf(2));
    await peer.runtime.settle();
    peer.deliver({ ack: 1 });
    if (entry === undefined) throw new Error('no entry');
    peer.link.void(entry);
    expect(entry.state).toBe('written');
    expect((await peer.resume(1)).said).toEqual(['CALL 2']);
    peer.link.stop();
  });

  it('is aborted in place of its last piece when it went in chunks', async () => {
    const peer = new ResumedLink();
    peer.link.allowChunks();
    const entry = peer.link.send(callOf(0, 40_000));
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['CHUNK 1', 'CHUNK 2', 'CHUNK 3']);
    expect(entry).toMatchObject({ number: 3, state: 'written' });
    peer.link.detach();
    peer.link.void(entry);
    const { said, messages } = await peer.resume(1);
    expect(said).toEqual(['CHUNK 2', 'CHUNK 3']);
    expect(messages).toMatchObject([{ isAbort: false }, { isAbort: true, isLast: false }]);
    peer.link.stop();
  });

  it('needs nothing of it when it was never written', async () => {
    const peer = new ResumedLink();
    peer.link.detach();
    const entry = peer.link.send(callOf(0));
    expect(peer.link.withdraw(entry)).toBe(true);
    expect((await peer.resume(0)).said).toEqual([]);
    peer.link.stop();
  });
});

describe('what a link holds for its peer', () => {
  it('is bounded in bytes: more waits, and the peer is asked from half of it on', async () => {
    const peer = new ResumedLink('server', { unackedBytes: 1_000, batchCloseBytes: 1_024 });
    const entries = send(peer, ...[0, 2, 4, 6].map((id) => callOf(id, 600)));
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['CALL 1', 'CALL 2']);
    expect(peer.transport.batches.map(({ now }) => now)).toEqual([true, true]);
    expect(entries.map(({ number }) => number)).toEqual([1, 2, 0, 0]);
    expect(peer.link.unackedBytes).toBe(1_200);
    peer.deliver({ ack: 2 });
    await peer.runtime.settle();
    expect(peer.transport.said.slice(2)).toEqual(['CALL 3', 'CALL 4']);
    peer.link.stop();
  });

  it('is bounded in messages over a resume as well', async () => {
    const peer = new ResumedLink('server', { unackedMessages: 4 });
    send(peer, ...[0, 2, 4, 6, 8, 10].map((id) => callOf(id)));
    await peer.runtime.settle();
    expect(peer.transport.said).toHaveLength(4);
    const { said } = await peer.resume(1);
    expect(said).toEqual(['CALL 2', 'CALL 3', 'CALL 4', 'CALL 5']);
    peer.deliver({ ack: 5 });
    await peer.runtime.settle();
    expect(peer.transport.said.at(-1)).toBe('CALL 6');
    peer.link.stop();
  });

  it('holds up no heartbeat', async () => {
    const peer = new ResumedLink('server', { unackedBytes: 10 });
    send(peer, callOf(0, 100));
    await peer.runtime.settle();
    send(peer, callOf(2, 100), CANCEL, PING);
    await peer.runtime.settle();
    expect(peer.transport.said).toEqual(['CALL 1', 'PING']);
    peer.link.stop();
  });

  it('sends chunks again within a new window', async () => {
    const peer = new ResumedLink('server');
    peer.link.allowChunks();
    peer.link.send(callOf(0, 200_000));
    await peer.runtime.settle();
    const chunks = peer.transport.said.length;
    expect(chunks).toBe(3);
    const { said } = await peer.resume(1);
    expect(said).toEqual(['CHUNK 2', 'CHUNK 3', 'CHUNK 4']);
    expect(peer.link.unackedBulkBytes).toBeLessThanOrEqual(49_152);
    peer.link.stop();
  });
});

describe('a link without a connection', () => {
  it('has no timers, and is not taken for dead', async () => {
    const peer = new ResumedLink();
    peer.isOutstanding = true;
    send(peer, callOf(0));
    await peer.runtime.settle();
    peer.link.detach();
    expect(peer.runtime.timers).toBe(0);
    await peer.runtime.advance(100_000);
    expect(peer.failures).toEqual([]);
    expect((await peer.resume(0)).said).toEqual(['CALL 1']);
    await peer.runtime.advance(4_000);
    expect(peer.transport.said).toEqual(['CALL 1', 'PING']);
    peer.link.stop();
  });

  it('blames nobody for chunks that cannot come, and counts their pause anew', async () => {
    const peer = new ResumedLink('server');
    const piece = { kind: 'CHUNK', transfer: 0, isLast: false, isAbort: false } as const;
    const begin = Uint8Array.of(0x51, 97, 0, 0, 3, ...new Uint8Array(20));
    peer.deliver({ seq: 1 }, { ...piece, isFirst: true, size: 99, bytes: begin });
    await peer.runtime.advance(6_000);
    peer.link.detach();
    await peer.runtime.advance(60_000);
    await peer.resume(0);
    for (let spoken = 0; spoken < 9_000; spoken += 3_000) {
      peer.deliver({}, PING);
      await peer.runtime.advance(3_000);
    }
    expect(peer.received).toEqual([]);
    const rest = { ...piece, isFirst: false, isLast: true, size: 0, bytes: new Uint8Array(74) };
    expect(peer.deliver({ seq: 2 }, rest)).toBeUndefined();
    expect(peer.received).toMatchObject([{ kind: 'CALL', id: 0 }]);
    peer.link.stop();
    expect(peer.runtime.timers).toBe(0);
  });

  it('fails when more waits than an outbox holds', () => {
    const peer = new ResumedLink('server', { outboxMaxMessages: 3 });
    peer.link.detach();
    send(peer, ...[0, 2, 4].map((id) => callOf(id)));
    expect(peer.failures).toEqual([]);
    send(peer, callOf(6));
    expect(peer.failures).toMatchObject([{ code: 'SLOW' }]);
  });
});
