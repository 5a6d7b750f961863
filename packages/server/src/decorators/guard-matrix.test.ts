import { call, contract, stream, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AnyContext, StreamContext, TopicContext } from '../routes/context.js';
import { servicesOf } from './explore.js';
import type { Guard, GuardLike } from '../routes/guard.js';
import { createPipelines } from '../guards/pipeline.js';
import { isTopicRoute, type Route } from '../routes/route.js';
import { serviceDecorators } from './service-decorators.js';
import { UseGuards, type AroundDecorator } from './use-guards.js';

const room = contract('room', {
  post: call({ output: z.string() }),
  history: stream({ down: z.string() }),
  messages: topic({ message: z.string(), publish: 'client' }),
});
const RoomService = serviceDecorators(room);

const PLACES = [
  'server',
  'class',
  'method',
  'base class',
  'base method',
  'base method, overridden with its decorator',
  'override',
] as const;
const ORDERS = ['above', 'below'] as const;
const KINDS = ['call', 'stream', 'subscribe', 'publish'] as const;

type Place = (typeof PLACES)[number];
type Order = (typeof ORDERS)[number];
type Kind = (typeof KINDS)[number];

interface Setup {
  readonly place: Place;
  readonly order: Order;
  readonly guard: GuardLike;
}

const NOTHING: AroundDecorator = () => undefined;

/** What ran of a controller's own methods. */
type Ran = string[];

interface Built {
  readonly instance: object;
  readonly ran: Ran;
}

function build({ place, order, guard }: Setup): Built {
  const ran: Ran = [];
  const at = (wanted: readonly Place[], side: Order): AroundDecorator =>
    wanted.includes(place) && order === side ? UseGuards(guard) : NOTHING;
  const onClass = (side: Order) => at(['class'], side);
  const onMethod = (side: Order) => at(['method'], side);
  const onBase = (side: Order) => at(['base class'], side);
  const onBaseMethod = (side: Order) =>
    at(['base method', 'base method, overridden with its decorator'], side);
  const onOverride = (side: Order) => at(['override'], side);

  @onClass('above')
  @RoomService()
  @onClass('below')
  class Alone {
    @onMethod('above')
    @RoomService.post()
    @onMethod('below')
    post() {
      ran.push('call');
      return '';
    }

    @onMethod('above')
    @RoomService.history()
    @onMethod('below')
    history() {
      ran.push('stream');
      return [''];
    }

    @onMethod('above')
    @RoomService.messages.authorize()
    @onMethod('below')
    mayRead() {
      ran.push('subscribe');
      return true;
    }

    @onMethod('above')
    @RoomService.messages.authorizePublish()
    @onMethod('below')
    mayWrite() {
      ran.push('publish');
      return true;
    }
  }

  @onBase('above')
  @RoomService()
  @onBase('below')
  class Base {
    @onBaseMethod('above')
    @RoomService.post()
    @onBaseMethod('below')
    post() {
      ran.push('call');
      return '';
    }

    @onBaseMethod('above')
    @RoomService.history()
    @onBaseMethod('below')
    history() {
      ran.push('stream');
      return [''];
    }

    @onBaseMethod('above')
    @RoomService.messages.authorize()
    @onBaseMethod('below')
    mayRead() {
      ran.push('subscribe');
      return true;
    }

    @onBaseMethod('above')
    @RoomService.messages.authorizePublish()
    @onBaseMethod('below')
    mayWrite() {
      ran.push('publish');
      return true;
    }
  }

  class Inheriting extends Base {}

  @RoomService()
  class Overriding extends Base {
    @onOverride('above')
    @RoomService.post()
    @onOverride('below')
    override post() {
      ran.push('call');
      return '';
    }

    @onOverride('above')
    @RoomService.history()
    @onOverride('below')
    override history() {
      ran.push('stream');
      return [''];
    }

    @onOverride('above')
    @RoomService.messages.authorize()
    @onOverride('below')
    override mayRead() {
      ran.push('subscribe');
      return true;
    }

    @onOverride('above')
    @RoomService.messages.authorizePublish()
    @onOverride('below')
    override mayWrite() {
      ran.push('publish');
      return true;
    }
  }

  const overrides = ['override', 'base method, overridden with its decorator'].includes(place);
  if (overrides) return { instance: new Overriding(), ran };
  return { instance: place.startsWith('base') ? new Inheriting() : new Alone(), ran };
}

/** Runs a use of a member as a server does: the guards first, and what they guard after them. */
async function use(built: Built, setup: Setup, kind: Kind | 'connect'): Promise<void> {
  const services = servicesOf([built.instance]);
  const guards = setup.place === 'server' ? [setup.guard] : [];
  const pipelines = createPipelines({ guards, interceptors: [], errorMappers: [] }, (error) => {
    throw error;
  });
  const routes = services.flatMap((service) => service.routes);
  const route = routes.find((each) => isRouteOf(each, kind));
  const pipeline = route === undefined ? pipelines.server : pipelines.of(route);
  const context = { kind } as AnyContext;
  await pipeline.runGuards(context);
  await pipeline.around(context, () => route && invoke(route, context));
}

function isRouteOf({ definition }: Route, kind: Kind | 'connect'): boolean {
  if (definition.kind === 'topic') return kind === 'subscribe' || kind === 'publish';
  return definition.kind === kind;
}

function invoke(route: Route, context: AnyContext): unknown {
  if (!isTopicRoute(route)) return route.handler(undefined, context as StreamContext);
  const decide = context.kind === 'publish' ? route.authorizePublish : route.authorize;
  return decide?.(undefined, context as TopicContext);
}

class DenyingGuard implements Guard {
  static hits = 0;

  canActivate(): boolean {
    DenyingGuard.hits++;
    return false;
  }
}

const FORMS: readonly (readonly [name: string, guard: GuardLike])[] = [
  ['a class', DenyingGuard],
  ['an object', new DenyingGuard()],
  ['a function', () => new DenyingGuard().canActivate()],
  ['an async function', async () => new DenyingGuard().canActivate()],
];

const CASES = PLACES.flatMap((place) =>
  ORDERS.flatMap((order) =>
    KINDS.flatMap((kind) => FORMS.map(([form, guard]) => ({ place, order, kind, form, guard }))),
  ),
);

describe('a guard that denies', () => {
  it.each(CASES)('as $form on the $place, $order, is hit before a $kind', async (each) => {
    DenyingGuard.hits = 0;
    const built = build(each);
    const running = use(built, each, each.kind);
    await expect(running).rejects.toMatchObject({ code: 'DENIED', executed: 'no' });
    expect(DenyingGuard.hits).toBe(1);
    expect(built.ran).toEqual([]);
  });

  it.each(FORMS)('as %s on the server is hit before a session opens', async (_, guard) => {
    DenyingGuard.hits = 0;
    const setup: Setup = { place: 'server', order: 'above', guard };
    const running = use(build(setup), setup, 'connect');
    await expect(running).rejects.toMatchObject({ code: 'DENIED', executed: 'no' });
    expect(DenyingGuard.hits).toBe(1);
  });
});

describe('a guard that allows', () => {
  const cases = PLACES.flatMap((place) =>
    ORDERS.flatMap((order) => KINDS.map((kind) => ({ place, order, kind }))),
  );

  it.each(cases)('on the $place, $order, lets a $kind through', async ({ place, order, kind }) => {
    let hits = 0;
    const setup: Setup = { place, order, guard: () => ++hits > 0 };
    const built = build(setup);
    await use(built, setup, kind);
    expect(hits).toBe(1);
    expect(built.ran).toEqual([kind]);
  });
});

describe('an override without its decorator', () => {
  it.each(ORDERS)('is never served, with a guard %s the decorator of its base method', (order) => {
    const { instance } = build({ place: 'base method', order, guard: () => false });
    class Dropping extends (instance.constructor as new () => { post(): string }) {
      override post() {
        return 'unguarded';
      }
    }
    expect(() => servicesOf([new Dropping()])).toThrow(
      'Dropping.post: overrides Base.post and drops its decorator: add @RoomService.post()',
    );
  });
});
