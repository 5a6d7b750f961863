import { serve, type ClientHandlersOf } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createClientCalls, TrunklineError } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { createDesk, desk } from '../support/desk.js';
import { describeTransports, type OpenPeers, type Peers } from '../support/peers.js';

const contracts = { desk };
type Handlers = Partial<ClientHandlersOf<typeof desk>>;

interface Called extends AsyncDisposable {
  readonly peers: Peers;
  readonly calls: ReturnType<typeof createClientCalls<NonNullable<(typeof desk)['client']>>>;
  readonly client: { close(): void };
  readonly errors: unknown[];
}

async function start(open: OpenPeers, handlers: Handlers): Promise<Called> {
  const { service, sessions } = createDesk();
  const peers = await open({ anonymous: true, services: [service] });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const client = peers.connect({ contracts, handlers: [serve(desk, handlers)], onError });
  await client.desk.ping();
  const [session] = sessions;
  if (session === undefined) throw new Error('there is no session');
  return {
    peers,
    client,
    errors,
    calls: createClientCalls(desk, session),
    [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<TrunklineError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TrunklineError) return error;
  throw new Error('it did not fail', { cause: error });
}

describeTransports('calls of the server', (open) => {
  it('carries typed values to the handler of the client, and its answer back', async () => {
    const inputs: unknown[] = [];
    await using called = await start(open, {
      confirm: (input) => {
        inputs.push(input);
        return { agreed: true, note: 'gladly' };
      },
    });
    const at = new Date(5);
    expect(await called.calls.confirm({ text: ' delete? ', at })).toEqual({
      agreed: true,
      note: 'gladly',
    });
    expect(inputs).toEqual([{ text: 'delete?', at }]);
  });

  it('answers from within a handler that the client itself has called', async () => {
    const { service } = createDesk();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({
      contracts,
      handlers: [serve(desk, { confirm: async ({ text }) => ({ agreed: text === 'sure?' }) })],
    });
    expect(await client.desk.ask('sure?')).toBe('yes');
    expect(await client.desk.ask('really?')).toBe('no');
  });

  it('carries values of every kind, and binary', async () => {
    await using called = await start(open, { echo: (value) => value, blob: (bytes) => bytes });
    const value = {
      map: new Map([['a', 1n]]),
      set: new Set([1]),
      nothing: undefined,
      at: new Date(1),
    };
    expect(await called.calls.echo(value)).toEqual(value);
    expect(await called.calls.blob(new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('carries values that are larger than a batch, both ways', async () => {
    await using called = await start(open, { echo: (value) => value });
    const text = 'x'.repeat(1_000_000);
    expect(await called.calls.echo(text)).toBe(text);
  });

  it('makes calls without input and output', async () => {
    let runs = 0;
    await using called = await start(open, { nothing: () => void runs++ });
    expect(await called.calls.nothing()).toBeUndefined();
    expect(runs).toBe(1);
  });

  it('gives a declared error with its data, typed', async () => {
    await using called = await start(open, {
      confirm: (_input, context) => {
        throw context.error('AWAY', { since: new Date(7) });
      },
    });
    const result = await called.calls.confirm.safe({ text: 'x', at: new Date(0) });
    if (result.ok || result.error.code !== 'AWAY') throw new Error('wrong outcome');
    expect(result.error.data.since).toEqual(new Date(7));
    expect(result.error.executed).toBe('yes');
    expect(called.errors).toEqual([]);
  });

  it('says nothing of what else a handler throws, and tells the page of it', async () => {
    const secret = new Error('canary');
    await using called = await start(open, {
      wait: () => {
        throw secret;
      },
    });
    const error = await failureOf(called.calls.wait());
    expect(error).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(error.message).not.toContain('canary');
    expect(called.errors).toEqual([secret]);
  });

  it('fails with NOT_FOUND where the client has no handler', async () => {
    await using called = await start(open, { wait: () => 'x' });
    const error = await failureOf(called.calls.nothing());
    expect(error).toMatchObject({ code: 'NOT_FOUND', executed: 'no' });
  });

  it('fails with UNAVAILABLE where the client was connected without handlers', async () => {
    const { service, sessions } = createDesk();
    await using peers = await open({ anonymous: true, services: [service] });
    await peers.connect({ contracts }).desk.ping();
    const calls = createClientCalls(desk, sessions[0] as never);
    const error = await failureOf(calls.nothing());
    expect(error).toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
  });

  it('refuses an input that does not fit, and calls nobody', async () => {
    let runs = 0;
    await using called = await start(open, { confirm: () => ({ agreed: !!runs++ }) });
    const error = await failureOf(called.calls.confirm({ text: '  ', at: new Date(0) }));
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      executed: 'no',
      data: { issues: [{ path: ['text'] }] },
    });
    expect(runs).toBe(0);
  });

  it('does not believe an output that does not fit its schema', async () => {
    await using called = await start(open, {
      confirm: () => ({ agreed: true, note: 'x'.repeat(21) }),
      wait: () => 5 as never,
    });
    const error = await failureOf(called.calls.confirm({ text: 'x', at: new Date(0) }));
    expect(error).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(error.message).toContain('"note"');
    expect(await failureOf(called.calls.wait())).toMatchObject({
      code: 'INTERNAL',
      executed: 'yes',
    });
  });

  it('fires the signal of the handler when the caller withdraws', async () => {
    const started = createDeferred<AbortSignal>();
    const fired = createDeferred<unknown>();
    await using called = await start(open, {
      wait: (_input, { signal }) => {
        started.resolve(signal);
        signal.addEventListener('abort', () => fired.resolve(signal.reason));
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const failed = failureOf(called.calls.wait(undefined, { signal: controller.signal }));
    await started.promise;
    controller.abort(new Error('changed my mind'));
    expect(await failed).toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    expect(await fired.promise).toMatchObject({ code: 'CANCELLED' });
  });

  it('gives the handler the deadline of the caller', async () => {
    const remaining = createDeferred<number | undefined>();
    await using called = await start(open, {
      wait: (_input, context) => {
        remaining.resolve(context.remainingMs);
        return 'x';
      },
    });
    await called.calls.wait(undefined, { deadlineMs: 5_000 });
    expect(await remaining.promise).toBeGreaterThan(3_000);
    expect(await remaining.promise).toBeLessThanOrEqual(5_000);
  });

  it('refuses an option that does not exist', async () => {
    await using called = await start(open, { wait: () => 'x' });
    const options = { deadline: 5_000 } as object;
    await expect(called.calls.wait(undefined, options)).rejects.toThrow(
      /^desk\.wait: unknown option "deadline": did you mean "deadlineMs"\?$/,
    );
  });

  it('ends what waits when the client leaves', async () => {
    const started = createDeferred();
    const fired = createDeferred();
    await using called = await start(open, {
      wait: (_input, { signal }) => {
        started.resolve();
        signal.addEventListener('abort', () => fired.resolve());
        return new Promise(() => {});
      },
    });
    const failed = failureOf(called.calls.wait());
    await started.promise;
    called.client.close();
    expect(await failed).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    await fired.promise;
    expect(await failureOf(called.calls.nothing())).toMatchObject({
      code: 'SESSION_LOST',
      executed: 'no',
    });
  });

  it('understands a client that was built from another version of the contract', async () => {
    const older = contract('desk', {
      ping: call(),
      client: {
        confirm: call({
          input: z.object({ text: z.string() }),
          output: z.object({ agreed: z.boolean() }),
        }),
      },
    });
    const { service, sessions } = createDesk();
    await using peers = await open({ anonymous: true, services: [service] });
    const inputs: unknown[] = [];
    const confirm = (input: { text: string }) => {
      inputs.push(input.text);
      return { agreed: true };
    };
    const client = peers.connect({
      contracts: { desk: older },
      handlers: [serve(older, { confirm })],
    });
    await client.desk.ping();
    const calls = createClientCalls(desk, sessions[0] as never);
    for (const text of ['one', 'two']) {
      expect(await calls.confirm({ text, at: new Date(0) })).toEqual({ agreed: true });
    }
    expect(inputs).toEqual(['one', 'two']);
  });

  it('tells a client nothing of how another call to it failed', async () => {
    const { service } = createDesk();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts, handlers: [serve(desk, {})] });
    const result = await client.desk.ask.safe('x');
    expect(result).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
    expect(peers.failures).toMatchObject([{ error: { code: 'NOT_FOUND' } }]);
  });
});
