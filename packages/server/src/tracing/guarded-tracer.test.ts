import { expect, it } from 'vitest';
import { GuardedTracer } from './guarded-tracer.js';

const CONTEXT = { traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

function guard(tracer: ConstructorParameters<typeof GuardedTracer>[0]) {
  const failures: unknown[] = [];
  const guarded = new GuardedTracer(tracer, ({ error, where }) => failures.push([where, error]));
  return { guarded, failures };
}

it('gives what is asked the context of its span, and ends the span with what comes of it', async () => {
  const ends: unknown[] = [];
  const span = { context: CONTEXT, end: (failure: unknown) => ends.push(failure) };
  const { guarded, failures } = guard({ start: () => span });
  await expect(guarded.ask('call', 'a.b', async (trace) => trace)).resolves.toEqual(CONTEXT);
  const error = Object.assign(new Error('full'), { code: 'FULL' });
  await expect(guarded.ask('call', 'a.b', () => Promise.reject(error))).rejects.toBe(error);
  await expect(guarded.ask('call', 'a.b', () => Promise.reject('why'))).rejects.toBe('why');
  expect(ends).toEqual([
    undefined,
    { code: 'FULL', message: 'full' },
    { code: 'INTERNAL', message: 'why' },
  ]);
  expect(failures).toEqual([]);
});

it('reports a context that is none, and goes on without', async () => {
  const { guarded, failures } = guard({
    start: () => ({ context: { traceParent: 'x' }, end() {} }),
  });
  await expect(guarded.ask('publish', 'a.b', async (trace) => trace)).resolves.toBeUndefined();
  expect(failures).toEqual([['tracer', new TypeError('"x" is no W3C traceparent')]]);
});

it('runs code once within a span, whatever the tracer does with it, and ends the span once', () => {
  const runs = [
    (code: () => void) => code(),
    () => {},
    (code: () => void) => (code(), code()),
    (code: () => void) => {
      code();
      throw new Error('late');
    },
    () => {
      throw new Error('early');
    },
  ];
  const counts = runs.map((run) => {
    let ran = 0;
    let ended = 0;
    const { guarded, failures } = guard({
      start: () => undefined,
      serve: () => ({ run, end: () => ended++ }),
    });
    const span = guarded.serve({
      kind: 'call',
      name: 'a.b',
      trace: undefined,
      session: {} as never,
    });
    expect(span?.within(() => ++ran)).toBe(1);
    span?.end();
    span?.end();
    return [ran, ended, failures.length];
  });
  expect(counts).toEqual([
    [1, 1, 0],
    [1, 1, 0],
    [1, 1, 0],
    [1, 1, 1],
    [1, 1, 1],
  ]);
});

it('reports what a span rejects with at its end, and ends it whatever it failed with', async () => {
  const ends: unknown[] = [];
  const end = (failure: unknown) => {
    ends.push(failure);
    return Promise.reject(new Error('no collector')) as never;
  };
  const { guarded, failures } = guard({ start: () => ({ context: CONTEXT, end }) });
  const textless = Object.create(null) as unknown;
  await expect(guarded.ask('call', 'a.b', () => Promise.reject(textless))).rejects.toBe(textless);
  await expect.poll(() => failures).toEqual([['tracer', new Error('no collector')]]);
  expect(ends).toEqual([{ code: 'INTERNAL', message: 'an error without text' }]);
});
