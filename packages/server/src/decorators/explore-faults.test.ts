import { call, contract, stream, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { serviceDecorators } from './service-decorators.js';
import { UseGuards } from './use-guards.js';
import { servicesOf } from './explore.js';

const chat = contract('chat', {
  post: call({ output: z.string() }),
  history: stream({ down: z.string() }),
});
const ping = contract('ping', {
  ping: call({ output: z.string() }),
  beats: topic({ message: z.int(), publish: 'client' }),
});
const ChatService = serviceDecorators(chat);
const PingService = serviceDecorators(ping);

/** Applies a decorator as JavaScript may, without the compiler's checks. */
function apply(decorator: unknown, target: object, key: string): void {
  (decorator as (target: object, key: string) => void)(target, key);
}

function faultsOf(instance: object): string[] {
  try {
    servicesOf([instance]);
    return [];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error.message.split('\n- ').slice(1);
  }
}

@PingService()
class PingController {
  @PingService.ping()
  ping(): string {
    return 'pong';
  }

  @PingService.beats.authorize()
  mayListen(): boolean {
    return true;
  }
}

describe('servicesOf refuses', () => {
  it('procedures without a handler, all at once', () => {
    class Empty {}
    apply(ChatService(), Empty, undefined as unknown as string);
    expect(faultsOf(new Empty())).toEqual([
      'Empty: "chat.post" has no handler: add a method with @ChatService.post()',
      'Empty: "chat.history" has no handler: add a method with @ChatService.history()',
    ]);
  });

  it('a method with the name of a procedure and no decorator', () => {
    @ChatService()
    class Forgotten {
      @ChatService.post()
      post() {
        return 'a';
      }

      @UseGuards(() => true)
      history() {
        return ['b'];
      }
    }
    expect(faultsOf(new Forgotten())).toEqual([
      'Forgotten.history: has the name of a procedure and no decorator: add @ChatService.history()',
    ]);
  });

  it('an override that drops the decorator of a handler', () => {
    class Derived extends PingController {
      override ping() {
        return 'other';
      }
    }
    expect(faultsOf(new Derived())).toEqual([
      'Derived.ping: overrides PingController.ping and drops its decorator: add @PingService.ping()',
    ]);
  });

  it('an override that drops the decorator of an authorizer, though guards stand on it', () => {
    class Derived extends PingController {
      @UseGuards(() => true)
      override mayListen() {
        return true;
      }
    }
    expect(faultsOf(new Derived())).toEqual([
      'Derived.mayListen: overrides PingController.mayListen and drops its decorator: ' +
        'add @PingService.beats.authorize()',
    ]);
  });

  it('an override that keeps one of two decorators', () => {
    class Both extends PingController {
      @PingService.beats.authorize()
      @PingService.beats.authorizePublish()
      override mayListen() {
        return true;
      }
    }
    class Derived extends Both {
      @PingService.beats.authorize()
      override mayListen() {
        return false;
      }
    }
    expect(faultsOf(new Derived())).toEqual([
      'Derived.mayListen: overrides Both.mayListen and drops its decorator: ' +
        'add @PingService.beats.authorizePublish()',
    ]);
  });

  it('two handlers for one procedure', () => {
    class Twice extends PingController {
      pong() {
        return 'ping';
      }
    }
    apply(PingService.ping(), Twice.prototype, 'pong');
    expect(faultsOf(new Twice())).toEqual([
      'Twice.pong: has @PingService.ping() and another name: rename it to "ping"',
      'Twice: "ping.ping" has 2 handlers, PingController.ping, Twice.pong: keep one',
    ]);
  });

  it('two methods that decide on one topic', () => {
    class Twice extends PingController {
      @PingService.beats.authorize()
      mayHear() {
        return true;
      }
    }
    expect(faultsOf(new Twice())).toEqual([
      'Twice: "ping.beats" has 2 methods for "authorize", PingController.mayListen, Twice.mayHear: ' +
        'keep one',
    ]);
  });

  it('a method that is decorated twice', () => {
    @PingService()
    class Twice {
      @PingService.ping()
      @PingService.ping.injected()
      ping() {
        return 'pong';
      }
    }
    expect(faultsOf(new Twice())).toEqual([
      'Twice.ping: is decorated twice for "ping.ping": keep one of them',
    ]);
  });

  it('decorated methods in a class without its class decorator', () => {
    class Bare {
      @PingService.ping()
      ping() {
        return 'pong';
      }
    }
    expect(faultsOf(new Bare())).toEqual([
      'Bare: metadata missing: add @PingService() to the class, whose methods are decorated for ' +
        'contract "ping"',
    ]);
  });

  it('guards on a method that serves nothing', () => {
    class Extra extends PingController {
      @UseGuards(() => false)
      helper() {
        return 1;
      }
    }
    expect(faultsOf(new Extra())).toEqual([
      'Extra.helper: has decorators and serves nothing, so they never do anything: take them off, ' +
        'or make it a handler',
    ]);
  });

  it('a decorated static method', () => {
    class Static extends PingController {
      static ping() {
        return 'pong';
      }
    }
    apply(PingService.ping(), Static, 'ping');
    expect(faultsOf(new Static())).toEqual([
      'Static: @PingService.ping() on static "ping" does nothing: only instance methods are served',
    ]);
  });

  it('a getter, without asking it', () => {
    let asked = 0;
    @PingService()
    class Getter {
      @PingService.ping()
      get ping() {
        asked++;
        return () => 'pong';
      }
    }
    expect(faultsOf(new Getter())).toEqual([
      'Getter.ping: is decorated and is no method: a field or accessor cannot be served',
    ]);
    expect(asked).toBe(0);
  });

  it('a field, alone or in front of a decorated method', () => {
    class Field {
      ping = () => 'pong';
    }
    apply(PingService(), Field, undefined as unknown as string);
    apply(PingService.ping(), Field.prototype, 'ping');
    const shadowed = Object.assign(new PingController(), { ping: () => 'other' });
    expect(faultsOf(new Field())).toEqual([
      'Field.ping: is decorated and is no method: a field or accessor cannot be served',
    ]);
    expect(faultsOf(shadowed)).toEqual([
      'PingController.ping: is decorated and is no method: a field or accessor cannot be served',
    ]);
  });

  it('a class without a name', () => {
    expect(faultsOf(new (class {})())).toEqual([
      '(anonymous class): metadata missing: add the class decorator of its contract, such as @ChatService()',
    ]);
  });
});
