import { serve, type ClientHandlersOf } from '@trunkline/client';
import { createClientCalls } from '@trunkline/server';
import { expect, it } from 'vitest';
import { createDeferred } from '../support/deferred.js';
import { createDesk, desk } from '../support/desk.js';
import { describeTransports } from '../support/peers.js';

const contracts = { desk };

describeTransports('calls of the server over a cut', (open) => {
  async function start(handlers: Partial<ClientHandlersOf<typeof desk>>) {
    const { service, sessions } = createDesk();
    const limits = { detachedBytes: 10_000 };
    const peers = await open({ anonymous: true, services: [service], limits });
    const client = peers.connect({ contracts, handlers: [serve(desk, handlers)] });
    await client.desk.ping();
    const calls = createClientCalls(desk, sessions[0] as never);
    return { peers, client, calls };
  }

  it('are answered by a handler that ran while there was no connection', async () => {
    const started = createDeferred();
    const answer = createDeferred<string>();
    const signals: AbortSignal[] = [];
    const { peers, calls } = await start({
      wait: (_input, { signal }) => {
        signals.push(signal);
        started.resolve();
        return answer.promise;
      },
    });
    await using _ = peers;
    const waiting = calls.wait();
    await started.promise;
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    answer.resolve('done');
    await peers.restore();
    expect(await waiting).toBe('done');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('wait for the connection when they are made without one, and run once each', async () => {
    const inputs: unknown[] = [];
    const { peers, calls } = await start({
      echo: (value) => {
        inputs.push(value);
        return value;
      },
    });
    await using _ = peers;
    expect(await calls.echo(0)).toBe(0);
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    const waiting = [1, 2, 3].map((value) => calls.echo(value));
    await peers.restore();
    expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
    expect(inputs).toEqual([0, 1, 2, 3]);
  });

  it('keep their deadline while there is no connection, and do not run after it', async () => {
    let runs = 0;
    const { peers, calls } = await start({ nothing: () => void runs++ });
    await using _ = peers;
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    const late = calls.nothing.safe(undefined, { deadlineMs: 0 });
    const controller = new AbortController();
    const withdrawn = calls.nothing.safe(undefined, { signal: controller.signal });
    const wanted = calls.nothing();
    controller.abort();
    expect(await withdrawn).toMatchObject({ error: { code: 'CANCELLED', executed: 'no' } });
    await peers.restore();
    expect(await late).toMatchObject({ error: { code: 'DEADLINE', executed: 'no' } });
    await wanted;
    expect(runs).toBe(1);
  });

  it('fail when the session ends, and say whether they can have run', async () => {
    const started = createDeferred();
    const { peers, calls } = await start({
      wait: () => {
        started.resolve();
        return new Promise(() => {});
      },
    });
    await using _ = peers;
    const sent = calls.wait.safe();
    await started.promise;
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    const unsent = calls.nothing.safe();
    // More than may wait for a session without a connection.
    const tooMuch = calls.echo.safe('x'.repeat(20_000));
    const lost = (executed: string) => ({ error: { code: 'SESSION_LOST', executed } });
    expect(await sent).toMatchObject(lost('unknown'));
    expect(await unsent).toMatchObject(lost('no'));
    expect(await tooMuch).toMatchObject(lost('no'));
    expect(await calls.nothing.safe()).toMatchObject(lost('no'));
    await peers.restore();
  });
});
