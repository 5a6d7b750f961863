import type { TraceContext, TraceFailure, Tracer } from '@trunkline/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf, startLive, type Harness } from '../../tests/harness.js';
import { collect } from '../../tests/readers.js';

const ROOM = { room: 'lobby' };
const CONTEXT: TraceContext = {
  traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  traceState: 'vendor=1',
};

interface Traced extends Harness {
  /** What has started, with how it ended. */
  readonly spans: { readonly what: string; readonly ends: (TraceFailure | undefined)[] }[];
}

/** A client with a tracer; every span must have ended once when the test has finished. */
async function startTraced(context: TraceContext | undefined = CONTEXT): Promise<Traced> {
  const spans: Traced['spans'] = [];
  onTestFinished(() => expect(spans.map(({ ends }) => ends.length)).toEqual(spans.map(() => 1)));
  const tracer: Tracer = {
    start: (kind, name) => {
      const ends: (TraceFailure | undefined)[] = [];
      spans.push({ what: `${kind} ${name}`, ends });
      return { context, end: (error) => ends.push(error) };
    },
  };
  return { ...(await startLive({ tracer })), spans };
}

describe('a traced call', () => {
  test('carries its trace context, and its span ends with its result', async () => {
    const { server, runtime, chat, spans } = await startTraced();
    const pinged = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL')).toMatchObject(CONTEXT);
    expect(spans).toEqual([{ what: 'call chat.ping', ends: [] }]);
    server.latest.result(0);
    await pinged;
    expect(spans[0]?.ends).toEqual([undefined]);
  });

  test('has one span and one trace context for all of its tries', async () => {
    const { server, runtime, chat, spans } = await startTraced();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await runtime.advance(5_000);
    const calls = server.latest.all('CALL');
    expect(calls.map(({ traceParent }) => traceParent)).toEqual([
      CONTEXT.traceParent,
      CONTEXT.traceParent,
    ]);
    server.latest.result(calls[1]?.id ?? -1);
    await pinged;
    expect(spans).toHaveLength(1);
  });

  test('ends its span with what it fails with', async () => {
    const { server, runtime, chat, spans } = await startTraced();
    const failure = errorOf(chat.ping());
    await runtime.settle();
    server.latest.error(0, { code: 'DENIED' });
    expect(spans[0]?.ends).toEqual([await failure]);
  });

  test('ends its span when it is withdrawn, at its deadline and with the client', async () => {
    const { runtime, chat, client, spans } = await startTraced();
    const controller = new AbortController();
    const failures = [
      errorOf(chat.ping(undefined, { signal: controller.signal })),
      errorOf(chat.ping(undefined, { deadlineMs: 10 })),
      errorOf(chat.ping()),
    ];
    await runtime.settle();
    controller.abort();
    await runtime.advance(10);
    client.close();
    expect(spans.map(({ ends }) => ends)).toEqual((await Promise.all(failures)).map((e) => [e]));
  });

  test('ends its span where its input cannot be read', async () => {
    const { chat, spans } = await startTraced();
    const input = {
      get text(): string {
        throw new RangeError('no text');
      },
    };
    await expect(errorOf(chat.post(input))).resolves.toBeInstanceOf(RangeError);
    expect(spans).toHaveLength(1);
  });

  test('has no span when it was withdrawn before', async () => {
    const { chat, spans } = await startTraced();
    await errorOf(chat.ping(undefined, { signal: AbortSignal.abort() }));
    expect(spans).toEqual([]);
  });

  test('carries nothing where the tracer gives nothing', async () => {
    const { server, runtime, chat } = await startLive({ tracer: { start: () => undefined } });
    const pinged = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL')).not.toHaveProperty('traceParent');
    server.latest.result(0);
    await pinged;
  });

  test('goes on without its trace where the tracer fails, and the error hook is told', async () => {
    const fault = (): never => {
      throw new Error('the tracer failed');
    };
    const malformed = { traceParent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` };
    const tracers: Tracer[] = [
      { start: fault },
      { start: () => ({ end: fault }) },
      { start: () => ({ context: malformed, end: () => {} }) },
    ];
    for (const tracer of tracers) {
      const { server, runtime, chat, errors } = await startLive({ tracer });
      const pinged = chat.ping();
      await runtime.settle();
      expect(server.latest.last('CALL')).not.toHaveProperty('traceParent');
      server.latest.result(0);
      await pinged;
      expect(errors).toEqual([
        expect.objectContaining({ message: expect.stringContaining('tra') }),
      ]);
    }
  });
});

test('a traced publish carries its trace context', async () => {
  const { server, runtime, chat, spans } = await startTraced();
  const published = chat.typing(ROOM).publish('ada');
  await runtime.settle();
  expect(server.latest.last('CALL')).toMatchObject(CONTEXT);
  const place = { epoch: '00000000000000aa', offset: 1, stored: 'node', duplicate: false } as const;
  server.latest.result(0, undefined, { published: place });
  await published;
  expect(spans.map(({ what }) => what)).toEqual(['publish chat.typing']);
});

describe('a traced stream', () => {
  test('ends its span when it has ended', async () => {
    const { server, runtime, chat, spans } = await startTraced();
    const all = collect(chat.history(ROOM));
    await runtime.settle();
    expect(server.latest.last('CALL')).toMatchObject(CONTEXT);
    server.latest.item(0, 'a');
    await runtime.settle();
    expect(spans).toEqual([{ what: 'stream chat.history', ends: [] }]);
    server.latest.end(0);
    await all;
    expect(spans[0]?.ends).toEqual([undefined]);
  });

  test('ends its span when it fails, when it is left and with the client', async () => {
    const { server, runtime, chat, client, spans } = await startTraced();
    const failed = errorOf(collect(chat.history(ROOM)));
    const stop = chat.history(ROOM).subscribe({});
    const lost = errorOf(collect(chat.history(ROOM)));
    await runtime.settle();
    server.latest.error(0, { code: 'DENIED' });
    stop();
    client.close();
    const ends = [[await failed], [undefined], [await lost]];
    expect(spans.map((span) => span.ends)).toEqual(ends);
  });
});
