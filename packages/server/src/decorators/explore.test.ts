import { call, contract, stream, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CallContext, TopicContext } from '../routes/context.js';
import { serviceDecorators } from './service-decorators.js';
import { UseErrorMappers, UseGuards, UseInterceptors } from './use-guards.js';
import { servicesOf } from './explore.js';
import { implement } from '../routes/implement.js';
import { isTopicRoute, type Route } from '../routes/route.js';

const chat = contract('chat', {
  post: call({ input: z.object({ text: z.string() }), output: z.string() }),
  history: stream({ down: z.string() }),
  messages: topic({ params: z.object({ room: z.string() }), message: z.string() }),
});
const ping = contract('ping', { ping: call({ output: z.string() }) });
const ChatService = serviceDecorators(chat);
const PingService = serviceDecorators(ping);

const context = {} as CallContext;
const topicContext = {} as TopicContext;

function routesOf(instance: object): ReadonlyMap<string, Route> {
  const routes = servicesOf([instance]).flatMap((service) => service.routes);
  return new Map(routes.map((route) => [route.name, route]));
}

function run(instance: object, name: string, input?: unknown): unknown {
  const route = routesOf(instance).get(name);
  if (route === undefined || isTopicRoute(route)) throw new Error(`no procedure "${name}"`);
  return (route.handler as (input: unknown, context: CallContext) => unknown)(input, context);
}

@ChatService()
class ChatController {
  readonly greeting: string = 'hello';

  @ChatService.post()
  post(input: { text: string }) {
    return `${this.greeting} ${input.text}`;
  }

  @ChatService.history()
  *history() {
    yield this.greeting;
  }

  @ChatService.messages.authorize()
  mayRead({ room }: { room: string }) {
    return room === this.greeting;
  }
}

describe('servicesOf, given a decorated instance', () => {
  it('serves its contract with a route for each member, in their order', () => {
    const [service, ...others] = servicesOf([new ChatController()]);
    expect(others).toEqual([]);
    expect(service?.contract).toBe(chat);
    expect(service?.routes.map(({ name, source }) => [name, source])).toEqual([
      ['chat.post', 'ChatController.post'],
      ['chat.history', 'ChatController.history'],
      ['chat.messages', 'ChatController.mayRead'],
    ]);
  });

  it('calls the method on its instance', () => {
    expect(run(new ChatController(), 'chat.post', { text: 'you' })).toBe('hello you');
    expect([...(run(new ChatController(), 'chat.history') as Iterable<string>)]).toEqual(['hello']);
  });

  it('lets the authorizer decide on its topic', () => {
    const route = routesOf(new ChatController()).get('chat.messages');
    if (route === undefined || !isTopicRoute(route)) throw new Error('no topic');
    expect(route.authorize?.({ room: 'hello' }, topicContext)).toBe(true);
    expect(route.authorize?.({ room: 'other' }, topicContext)).toBe(false);
    expect(route.authorizePublish).toBeUndefined();
  });

  it('serves several contracts of one class', () => {
    @ChatService()
    @PingService()
    class Both extends ChatController {
      @PingService.ping()
      ping() {
        return 'pong';
      }
    }
    const services = servicesOf([new Both()]);
    expect(services.map((service) => service.contract.name)).toEqual(['chat', 'ping']);
    expect(run(new Both(), 'ping.ping')).toBe('pong');
  });

  it('lets one method decide for two topics', () => {
    const rooms = contract('rooms', {
      joins: topic({ message: z.string(), publish: 'client' }),
      leaves: topic({ message: z.string() }),
    });
    const RoomService = serviceDecorators(rooms);
    @RoomService()
    class RoomController {
      @RoomService.joins.authorize()
      @RoomService.joins.authorizePublish()
      @RoomService.leaves.authorize()
      isIn() {
        return true;
      }
    }
    const routes = [...routesOf(new RoomController()).values()].filter(isTopicRoute);
    expect(routes.map((route) => route.authorize?.(undefined, topicContext))).toEqual([true, true]);
    expect(routes.map((route) => route.authorizePublish !== undefined)).toEqual([true, false]);
  });

  it('serves a method whose function another decorator replaced', () => {
    const shout = (_: object, __: string, descriptor: TypedPropertyDescriptor<() => string>) => {
      const { value } = descriptor;
      descriptor.value = function (this: unknown) {
        return `${value?.call(this)}!`;
      };
    };
    @PingService()
    class PingController {
      @shout
      @PingService.ping()
      ping() {
        return 'pong';
      }
    }
    expect(run(new PingController(), 'ping.ping')).toBe('pong!');
  });
});

describe('servicesOf, given an instance of a derived class', () => {
  it('serves inherited handlers, of a class whose base class alone is decorated', () => {
    class Derived extends ChatController {
      override readonly greeting = 'moin';
    }
    expect(run(new Derived(), 'chat.post', { text: 'you' })).toBe('moin you');
    expect(routesOf(new Derived()).get('chat.post')?.source).toBe('ChatController.post');
  });

  it('runs an override that is decorated again', () => {
    class Derived extends ChatController {
      @ChatService.post()
      override post(input: { text: string }) {
        return `${super.post(input)}, again`;
      }
    }
    expect(run(new Derived(), 'chat.post', { text: 'you' })).toBe('hello you, again');
    expect(routesOf(new Derived()).get('chat.post')?.source).toBe('Derived.post');
  });

  it('puts class before method and base before derived, and asks the closest mapper first', () => {
    const [a, b, c, d] = [() => true, () => true, () => true, () => true];
    const pass = () => (_: unknown, next: () => unknown) => next();
    const [e, f, g, h] = [pass(), pass(), pass(), pass()];
    const [i, j, k, l] = [() => undefined, () => undefined, () => undefined, () => undefined];
    @UseGuards(a)
    @UseInterceptors(e)
    @UseErrorMappers(l)
    abstract class Base {
      @UseGuards(c)
      @UseInterceptors(g)
      @UseErrorMappers(j)
      @PingService.ping()
      ping() {
        return 'base';
      }
    }
    @PingService()
    @UseGuards(b)
    @UseInterceptors(f)
    @UseErrorMappers(k)
    class Derived extends Base {
      @UseGuards(d)
      @UseInterceptors(h)
      @UseErrorMappers(i)
      @PingService.ping()
      override ping() {
        return 'derived';
      }
    }
    expect(routesOf(new Derived()).get('ping.ping')).toMatchObject({
      guards: [a, b, c, d],
      interceptors: [e, f, g, h],
      errorMappers: [i, j, k, l],
    });
  });

  it('keeps what subscribing and publishing have around them apart', () => {
    const typing = contract('typing', {
      keys: topic({ message: z.string(), publish: 'client', public: true }),
    });
    const TypingService = serviceDecorators(typing);
    const [all, write] = [() => true, () => true];
    @TypingService()
    @UseGuards(all)
    class TypingController {
      @UseGuards(write)
      @TypingService.keys.authorizePublish()
      mayType() {
        return true;
      }
    }
    expect(routesOf(new TypingController()).get('typing.keys')).toMatchObject({
      guards: [all],
      source: 'TypingController',
      publishing: { guards: [all, write], source: 'TypingController.mayType' },
    });
  });
});

describe('servicesOf, given something else', () => {
  it('takes what implement() gave as it is', () => {
    const service = implement(ping, { ping: () => 'pong' });
    expect(servicesOf([service])).toEqual([service]);
  });

  it('makes instances of classes by the resolve option', () => {
    const instance = new ChatController();
    const tokens: unknown[] = [];
    const services = servicesOf([ChatController], (token) => {
      tokens.push(token);
      return instance;
    });
    expect(tokens).toEqual([ChatController]);
    expect(services).toHaveLength(1);
  });

  it('refuses a class when there is no resolve option', () => {
    expect(() => servicesOf([ChatController])).toThrow(
      'ChatController: is a class: give an instance, or the option "resolve" that makes one',
    );
  });

  it('refuses an instance of a class without decorators', () => {
    class Plain {}
    expect(() => servicesOf([new Plain()])).toThrow(
      'Plain: metadata missing: add the class decorator of its contract, such as @ChatService()',
    );
  });

  it('lists the faults of all entries in one error', () => {
    class Plain {}
    expect(() => servicesOf([new Plain(), ChatController, new ChatController()])).toThrow(
      /^the server does not boot:\n- Plain: .*\n- ChatController: is a class.*$/,
    );
  });
});
