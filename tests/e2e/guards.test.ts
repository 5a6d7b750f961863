import {
  serviceDecorators,
  TrunklineError,
  UseGuards,
  type AnyContext,
  type Guard,
} from '@trunkline/server';
import { call, contract, stream, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { describeTransports } from '../support/peers.js';

const desk = contract('desk', {
  ask: call({ output: z.string() }),
  feed: stream({ down: z.int() }),
  fill: stream({ up: z.int(), output: z.int() }),
  news: topic({ message: z.string() }),
  wall: topic({ message: z.string(), publish: 'client' }),
});
const DeskService = serviceDecorators(desk);

/** Notes every use, and denies those that a test names. */
class Watch implements Guard {
  static readonly seen: string[] = [];
  static denied: string | undefined;

  canActivate(context: AnyContext): boolean {
    Watch.seen.push(context.kind);
    return context.kind !== Watch.denied;
  }
}

/** Notes which handlers and authorizers ran. */
const ran: string[] = [];

@UseGuards(Watch)
class Base {}

@DeskService()
class Desk extends Base {
  @DeskService.ask()
  ask(): string {
    ran.push('ask');
    return 'answer';
  }

  @DeskService.feed()
  *feed(): Generator<number> {
    ran.push('feed');
    yield 1;
  }

  @DeskService.fill()
  async fill(_input: undefined, { items }: { items: AsyncIterable<number> }): Promise<number> {
    ran.push('fill');
    let count = 0;
    for await (const _ of items) count++;
    return count;
  }

  @DeskService.news.authorize()
  mayRead(): boolean {
    ran.push('mayRead');
    return true;
  }

  @DeskService.wall.authorize()
  mayReadWall(): boolean {
    return true;
  }

  @DeskService.wall.authorizePublish()
  mayPublish(): boolean {
    ran.push('mayPublish');
    return true;
  }
}

type DeskClient = {
  ask(): Promise<string>;
  feed(): AsyncIterable<number>;
  fill(input: undefined, items: Iterable<number>): Promise<number>;
  wall(): { publish(message: string): Promise<unknown> };
};

async function first(items: AsyncIterable<number>): Promise<number> {
  for await (const item of items) return item;
  throw new Error('no item');
}

const USES: readonly {
  kind: string;
  use: (client: DeskClient) => Promise<unknown>;
  ran: string;
}[] = [
  { kind: 'call', use: (client) => client.ask(), ran: 'ask' },
  { kind: 'stream', use: (client) => first(client.feed()), ran: 'feed' },
  { kind: 'stream', use: (client) => client.fill(undefined, [1, 2]), ran: 'fill' },
  { kind: 'publish', use: (client) => client.wall().publish('hello'), ran: 'mayPublish' },
];

describeTransports('guards', (open) => {
  for (const { kind, use, ran: handler } of USES) {
    it(`are asked before ${handler}, and when they deny it never runs`, async () => {
      await using peers = await open({ anonymous: true, services: [new Desk()] });
      const client = peers.connect({ contracts: { desk } });
      for (const denied of [undefined, kind]) {
        Watch.denied = denied;
        Watch.seen.length = 0;
        ran.length = 0;
        const outcome = await use(client.desk).catch((error: unknown) => error);
        expect(Watch.seen).toEqual([kind]);
        expect(ran).toEqual(denied === undefined ? [handler] : []);
        const isError = outcome instanceof TrunklineError;
        expect(isError ? [outcome.code, outcome.executed] : 'ran').toEqual(
          denied === undefined ? 'ran' : ['DENIED', 'no'],
        );
      }
      Watch.denied = undefined;
    });
  }

  it('are asked before a subscription, and when they deny the authorizer never runs', async () => {
    await using peers = await open({ anonymous: true, services: [new Desk()] });
    const client = peers.connect({ contracts: { desk } });
    ran.length = 0;
    Watch.denied = 'subscribe';
    const states: (string | undefined)[] = [];
    client.desk
      .news()
      .subscribe({ state: ({ status, error }) => states.push(error?.code ?? status) });
    await expect.poll(() => states.at(-1)).toBe('DENIED');
    expect(ran).toEqual([]);
    Watch.denied = undefined;
    client.desk
      .news()
      .subscribe({ state: ({ status, error }) => states.push(error?.code ?? status) });
    await expect.poll(() => states.at(-1)).toBe('live');
    expect(ran).toEqual(['mayRead']);
  });

  it('of the server are asked before a session begins', async () => {
    const kinds: string[] = [];
    await using peers = await open({
      anonymous: true,
      services: [new Desk()],
      guards: [
        (context) => {
          kinds.push(context.kind);
          return context.kind !== 'connect';
        },
      ],
    });
    const client = peers.connect({ contracts: { desk } });
    await expect(client.connection.live()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(client.connection.state).toMatchObject({ status: 'denied' });
    expect(kinds).toEqual(['connect']);
  });
});

describe('errors that a handler throws', () => {
  const secrets = contract('secrets', { leak: call({ input: z.string(), output: z.string() }) });
  const CANARY = 'canary-4711';

  describeTransports('leak nothing', (open) => {
    it.each([
      ['an Error', () => new Error(CANARY)],
      ['an object', () => ({ password: CANARY })],
      ['a text', () => CANARY],
      [
        'an error of another service',
        () => new TrunklineError('SESSION_LOST', CANARY, { data: CANARY }),
      ],
      ['an undeclared code', () => new TrunklineError('MY_CODE', CANARY, { data: CANARY })],
      ['data beside a framework code', () => new TrunklineError('DENIED', 'no', { data: CANARY })],
    ])('for %s', async (_what, make) => {
      const service = serviceDecorators(secrets);
      @service()
      class Secrets {
        @service.leak()
        leak(): string {
          // oxlint-disable-next-line typescript/only-throw-error -- handlers throw whatever they like
          throw make();
        }
      }
      await using peers = await open({ anonymous: true, services: [new Secrets()] });
      const client = peers.connect({ contracts: { secrets } });
      const error = (await client.secrets.leak('x').catch((e: unknown) => e)) as TrunklineError;
      expect(`${error.code} ${error.message} ${JSON.stringify(error.data)}`).not.toContain(CANARY);
      expect(error.executed).toBe('yes');
      expect(error.code === 'DENIED' || peers.failures.length === 1).toBe(true);
    });
  });
});
