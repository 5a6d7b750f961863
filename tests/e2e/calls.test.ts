import { TrunklineError } from '@trunkline/client';
import { expect, it } from 'vitest';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const contracts = { chat };

describeTransports('calls', (open) => {
  it('carries typed values in and out, dates as dates', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const message = await client.chat.post({ room: 'lobby', text: 'hello' });
    expect(message).toEqual({ room: 'lobby', text: 'hello', sentAt: new Date(1_000) });
  });

  it('strips what the output schema does not have', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    expect(await client.chat.post({ room: 'lobby', text: 'hello' })).not.toHaveProperty('secret');
  });

  it('gives a declared error with its data', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const result = await client.chat.post.safe({ room: 'attic', text: 'hello' });
    expect(result.ok).toBe(false);
    if (result.ok || result.error.code !== 'ROOM_CLOSED') throw new Error('wrong outcome');
    expect(result.error.data.closedAt).toEqual(new Date(0));
    expect(result.error.executed).toBe('yes');
  });

  it('refuses an invalid input with the path, and does not run the handler', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error: unknown = await client.chat
      .post({ room: 'lobby', text: '' })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TrunklineError);
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      executed: 'no',
      data: { issues: [{ path: ['text'], code: 'too_small' }] },
    });
  });

  it('says INTERNAL, and nothing of the value, when the output does not fit', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error = (await client.chat.broken().catch((e: unknown) => e)) as TrunklineError;
    expect(error).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(JSON.stringify(error) + error.message).not.toContain('canary');
    expect(peers.failures).toHaveLength(1);
    expect(error.message).toContain(peers.failures[0]?.id);
  });

  it('carries maps, sets, bigints, undefined, NaN and binary through unknown schemas', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const value = {
      map: new Map<unknown, unknown>([['a', 1n]]),
      set: new Set([1, 'two']),
      none: undefined,
      nan: Number.NaN,
      minus: -0,
      bytes: new Uint8Array([1, 2, 3]),
      nested: [{ at: new Date(5) }],
    };
    expect(await client.chat.echo(value)).toEqual(value);
  });

  it('carries a binary value as raw bytes', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index & 255);
    expect(await client.chat.blob(bytes)).toEqual(bytes);
  });

  it('refuses a value that is larger than the server takes, and goes on', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error = await client.chat.blob(new Uint8Array(1_048_577)).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'TOO_LARGE', executed: 'no' });
    expect(await client.chat.echo('still here')).toBe('still here');
  });

  it('fires the handler signal when the caller withdraws', async () => {
    const probe = createProbe();
    await using peers = await open({ anonymous: true, services: [chatService(probe)] });
    const client = peers.connect({ contracts });
    const controller = new AbortController();
    const call = client.chat.wait(undefined, { signal: controller.signal });
    const settled = call.catch((e: unknown) => e);
    await expect.poll(() => probe.started).toBe(1);
    const fired = createDeferred();
    probe.signals[0]?.addEventListener('abort', () => fired.resolve());
    controller.abort();
    expect(await settled).toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await fired.promise;
    probe.answer.resolve('too late');
    expect(await client.chat.echo(1)).toBe(1);
  });

  it('keeps the slot of a withdrawn call until its handler is done', async () => {
    const probe = createProbe();
    await using peers = await open({
      anonymous: true,
      services: [chatService(probe)],
      limits: { callsInFlight: 1 },
    });
    const client = peers.connect({ contracts });
    const controller = new AbortController();
    const call = client.chat.wait(undefined, { signal: controller.signal }).catch(() => undefined);
    await expect.poll(() => probe.started).toBe(1);
    controller.abort();
    await call;
    expect(peers.server.counts.calls).toBe(1);
    probe.answer.resolve('done');
    await expect.poll(() => peers.server.counts.calls).toBe(0);
  });

  it('says SESSION_LOST and unknown for a call of a session that the server does not keep', async () => {
    const probe = createProbe();
    const limits = { detachedMs: 0 };
    await using peers = await open({ anonymous: true, services: [chatService(probe)], limits });
    const client = peers.connect({ contracts });
    const lost = client.chat.wait().catch((e: unknown) => e);
    await expect.poll(() => probe.started).toBe(1);
    peers.cut();
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    // Each side hears of the cut by itself.
    await expect.poll(() => probe.signals[0]?.aborted).toBe(true);
    probe.answer.resolve('nobody waits');
    await peers.restore();
    expect(await client.chat.echo('again')).toBe('again');
    expect(probe.started).toBe(1);
  });

  it('answers NOT_FOUND for a procedure that the server does not have, names of Object among them', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({
      services: {
        other: {
          name: 'other',
          revision: '0000000000000001',
          members: { hasOwn: { kind: 'call' } },
        },
      },
    }) as unknown as { other: { hasOwn(): Promise<unknown> } };
    expect(await client.other.hasOwn().catch((e: unknown) => e)).toMatchObject({
      code: 'NOT_FOUND',
      executed: 'no',
    });
  });

  it('runs a thousand calls of one turn and gives each its own answer', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => client.chat.echo(n)));
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });
});
