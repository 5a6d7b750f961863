import { call, contract, topic } from '@trunkline/contract';
import { TrunklineError } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AnyContext } from '../routes/context.js';
import type { Around, GuardLike } from '../routes/guard.js';
import { implement } from '../routes/implement.js';
import { createPipelines, type Pipeline } from './pipeline.js';
import type { Route, TopicRoute } from '../routes/route.js';

const NONE: Around = { guards: [], interceptors: [], errorMappers: [] };
const context = { kind: 'call' } as AnyContext;
const failed = (error: unknown): never => {
  throw error;
};

const echo = contract('echo', {
  say: call({ output: z.string() }),
  heard: topic({ message: z.string() }),
});

function routesWith(around: Partial<Around>): readonly Route[] {
  return implement(echo, { say: () => 'hi' }, around).routes;
}

function pipelineOf(server: Partial<Around>, route: Partial<Around> = {}): Pipeline {
  const [say] = routesWith(route);
  if (say === undefined) throw new Error('no route');
  return createPipelines({ ...NONE, ...server }, failed).of(say);
}

const isDenied = expect.objectContaining({ code: 'DENIED', message: 'denied', executed: 'no' });

describe('what rejects and is left behind', () => {
  it('is no unhandled rejection when an interceptor does not wait for `next`', async () => {
    const leave: Around['interceptors'][number] = (_context, next) => {
      void next();
      return 'mine';
    };
    const pipeline = pipelineOf({ interceptors: [leave, async (_context, next) => next()] });
    const invoke = () => Promise.reject(new Error('left behind'));
    expect(await pipeline.around(context, invoke)).toBe('mine');
  });

  it('is reported when it comes of an error mapper', async () => {
    const reported: unknown[] = [];
    const mapper = (async () => {
      throw new Error('late');
    }) as never;
    const report = (error: unknown) => void reported.push(error);
    const { server } = createPipelines({ ...NONE, errorMappers: [mapper] }, report);
    expect(server.mapError(new Error('first'), context)).toBeUndefined();
    await Promise.resolve();
    expect(reported).toEqual([expect.any(TypeError), new Error('late')]);
  });
});

describe('guards', () => {
  it('run in order: the server first, then the route', () => {
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(name) > 0;
    const guards = [note('server a'), note('server b')];
    const pipeline = pipelineOf({ guards }, { guards: [note('route')] });
    expect(pipeline.runGuards(context)).toBeUndefined();
    expect(seen).toEqual(['server a', 'server b', 'route']);
  });

  it('are given the context', () => {
    const seen: unknown[] = [];
    void pipelineOf({ guards: [(given) => seen.push(given) > 0] }).runGuards(context);
    expect(seen).toEqual([context]);
  });

  it('deny at once when none has to wait, and those behind are not asked', () => {
    let asked = 0;
    const pipeline = pipelineOf({ guards: [() => true, () => false, () => asked++ === 0] });
    expect(() => pipeline.runGuards(context)).toThrow(isDenied);
    expect(asked).toBe(0);
  });

  it.each([undefined, null, 0, 1, 'yes', {}, NaN])('deny by %s, which is not true', (verdict) => {
    const guard = (() => verdict) as unknown as GuardLike;
    expect(() => pipelineOf({ guards: [guard] }).runGuards(context)).toThrow(isDenied);
  });

  it.each([false, undefined, 1])('deny by a promise of %s', async (verdict) => {
    const guard = (async () => verdict) as unknown as GuardLike;
    await expect(pipelineOf({ guards: [guard] }).runGuards(context)).rejects.toEqual(isDenied);
  });

  it('wait for each other as soon as one has to wait', async () => {
    const seen: string[] = [];
    const slow = async () => {
      seen.push('asked');
      await Promise.resolve();
      return seen.push('answered') > 0;
    };
    const pipeline = pipelineOf({ guards: [slow, () => seen.push('next') > 0, async () => true] });
    await pipeline.runGuards(context);
    expect(seen).toEqual(['asked', 'answered', 'next']);
  });

  it('deny behind one that waited', async () => {
    const pipeline = pipelineOf({ guards: [async () => true, () => false] });
    await expect(pipeline.runGuards(context)).rejects.toEqual(isDenied);
  });

  it('pass on what one of them throws', async () => {
    const error = new TrunklineError('UNAUTHENTICATED', 'sign in');
    const throwing = pipelineOf({ guards: [() => failed(error)] });
    const rejecting = pipelineOf({ guards: [async () => failed(error)] });
    expect(() => throwing.runGuards(context)).toThrow(error);
    await expect(rejecting.runGuards(context)).rejects.toBe(error);
  });

  it('run once though server and route both name them', () => {
    let runs = 0;
    const guard = () => ++runs > 0;
    void pipelineOf({ guards: [guard] }, { guards: [guard, guard] }).runGuards(context);
    expect(runs).toBe(1);
  });
});

describe('interceptors', () => {
  it('wrap the handler like an onion, at once when nothing waits', () => {
    const wrap = (name: string) => (_: AnyContext, next: () => unknown) =>
      `${name}(${String(next())})`;
    const pipeline = pipelineOf(
      { interceptors: [wrap('a'), wrap('b')] },
      { interceptors: [wrap('c')] },
    );
    expect(pipeline.around(context, () => 'handler')).toBe('a(b(c(handler)))');
  });

  it('pass through what the handler gives when there are none', () => {
    const promise = Promise.resolve(1);
    expect(pipelineOf({}).around(context, () => promise)).toBe(promise);
  });

  it('may answer without the handler, and may wait', async () => {
    let runs = 0;
    const pipeline = pipelineOf({ interceptors: [async () => 'cached'] });
    expect(await pipeline.around(context, () => ++runs)).toBe('cached');
    expect(runs).toBe(0);
  });

  it('see what the handler throws', () => {
    const catching = (_: AnyContext, next: () => unknown) => {
      try {
        return next();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const pipeline = pipelineOf({ interceptors: [catching] });
    expect(pipeline.around(context, () => failed(new Error('broken')))).toBe('broken');
  });
});

describe('error mappers', () => {
  const gone = new TrunklineError('NOT_FOUND', 'gone');
  const busy = new TrunklineError('BUSY', 'later');

  it('are asked from the route outwards until one answers', () => {
    const asked: string[] = [];
    const silent = (name: string) => () => void asked.push(name) as undefined;
    const answer = () => gone;
    const pipeline = pipelineOf(
      { errorMappers: [silent('server'), answer, () => busy] },
      { errorMappers: [silent('method'), silent('class')] },
    );
    expect(pipeline.mapError(new Error('x'), context)).toBe(gone);
    expect(asked).toEqual(['method', 'class', 'server']);
  });

  it('give nothing when none has an answer', () => {
    expect(pipelineOf({ errorMappers: [() => undefined] }).mapError('x', context)).toBeUndefined();
  });

  it('that fail are reported and passed over', () => {
    const reports: unknown[] = [];
    const error = new Error('mapper broken');
    const wrong = (() => new Error('not ours')) as unknown as () => undefined;
    const server = { ...NONE, errorMappers: [() => failed(error), wrong, () => gone] };
    const pipelines = createPipelines(server, (...report) => reports.push(report));
    const [say] = routesWith({});
    expect(say && pipelines.of(say).mapError('x', context)).toBe(gone);
    expect(reports).toEqual([
      [error, 'echo.say'],
      [new TypeError('an error mapper gave no TrunklineError'), 'echo.say'],
    ]);
  });
});

describe('createPipelines', () => {
  class Counted {
    static made = 0;
    readonly verdict: boolean;

    constructor() {
      Counted.made++;
      this.verdict = true;
    }

    canActivate(): boolean {
      return this.verdict;
    }
  }

  it('makes a class once for a server', () => {
    Counted.made = 0;
    const pipelines = createPipelines({ ...NONE, guards: [Counted] }, failed);
    for (const route of routesWith({ guards: [Counted] })) {
      expect(pipelines.of(route).runGuards(context)).toBeUndefined();
    }
    expect(Counted.made).toBe(1);
    createPipelines({ ...NONE, guards: [Counted] }, failed);
    expect(Counted.made).toBe(2);
  });

  it('gives the same pipeline for the same route', () => {
    const { of } = createPipelines(NONE, failed);
    const [say] = routesWith({});
    expect(say && of(say) === of(say)).toBe(true);
  });

  it('puts the server’s own around the opening of a session, and nothing else', () => {
    const { server, of } = createPipelines({ ...NONE, guards: [() => true] }, failed);
    routesWith({ guards: [() => false] }).forEach((route) => of(route));
    expect(server.runGuards({ kind: 'connect' } as AnyContext)).toBeUndefined();
  });

  it('takes objects, classes with the method as a field, and functions of any kind', () => {
    class Field {
      canActivate = () => true;
    }
    function Old(this: object): void {}
    Old.prototype.canActivate = () => true;
    function plain(): boolean {
      return true;
    }
    const guards = [new Field(), Field, Old as unknown as typeof Field, plain, () => true];
    expect(pipelineOf({ guards }).runGuards(context)).toBeUndefined();
  });

  it('refuses what has no such method, and names it with its place', () => {
    class Lazy {}
    const wrong = [Lazy, {}, null, 'guard'] as unknown as GuardLike[];
    const messages = wrong.map((guard) => {
      try {
        return pipelineOf({}, { guards: [guard] });
      } catch (error) {
        return (error as Error).message;
      }
    });
    const rest =
      'without canActivate(): expected a function, an object with canActivate(), or a class whose ' +
      'instances have it';
    expect(messages).toEqual([
      `echo.say is given a class "Lazy" ${rest}`,
      `echo.say is given a object ${rest}`,
      `echo.say is given a object ${rest}`,
      `echo.say is given a string ${rest}`,
    ]);
  });

  it('chooses between subscribing and publishing by the context', () => {
    const [, heard] = routesWith({ guards: [() => false] });
    const route = { ...heard, publishing: { ...NONE, source: 'x' } } as TopicRoute;
    const pipeline = createPipelines(NONE, failed).of(route);
    expect(pipeline.runGuards({ kind: 'publish' } as AnyContext)).toBeUndefined();
    expect(() => pipeline.runGuards({ kind: 'subscribe' } as AnyContext)).toThrow(isDenied);
  });
});
