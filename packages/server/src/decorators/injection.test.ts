import { call, contract, stream, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { StreamContext } from '../routes/context.js';
import { servicesOf } from './explore.js';
import { isTopicRoute, type Route } from '../routes/route.js';
import { Context, Input, Items, Params, Principal, Session, Signal, User } from './parameter.js';
import { serviceDecorators } from './service-decorators.js';

const files = contract('files', {
  store: stream({ input: z.string(), up: z.string(), output: z.string() }),
});
const FilesService = serviceDecorators(files);
const notes = contract('notes', {
  add: call({ input: z.string(), output: z.string() }),
  added: topic({ params: z.object({ tag: z.string() }), message: z.string() }),
});
const NotesService = serviceDecorators(notes);

const context = {
  principal: 'ada',
  user: { name: 'Ada' },
  session: { id: 's1' },
  signal: new AbortController().signal,
  items: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) },
} as unknown as StreamContext;

enum Colour {
  Red = 'red',
}

function firstRoute(instance: object): Route | undefined {
  return servicesOf([instance])[0]?.routes[0];
}

function run(instance: object, input: unknown): unknown {
  const route = firstRoute(instance);
  if (route === undefined || isTopicRoute(route)) throw new Error('no procedure');
  return route.handler(input, context);
}

function faultsOf(instance: object): string {
  try {
    servicesOf([instance]);
    return '';
  } catch (error) {
    return (error as TypeError).message;
  }
}

describe('the injected form', () => {
  it.each([
    ['Input', Input, 'a.txt'],
    ['Context', Context, context],
    ['Signal', Signal, context.signal],
    ['User', User, context.user],
    ['Principal', Principal, 'ada'],
    ['Session', Session, context.session],
    ['Items', Items, context.items],
  ])('hands a parameter with @%s() just that', (_, decorate, expected) => {
    const seen: unknown[] = [];
    @FilesService()
    class FileController {
      @FilesService.store.injected()
      store(@decorate() value: unknown) {
        seen.push(value);
        return '';
      }
    }
    run(new FileController(), 'a.txt');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(expected);
  });

  it('hands parameters over in their order, on the instance', () => {
    @FilesService()
    class FileController {
      readonly prefix = 'stored';

      @FilesService.store.injected()
      store(@Principal() principal: string, @Input() input: string) {
        return `${this.prefix} ${input} of ${principal}`;
      }
    }
    expect(run(new FileController(), 'a.txt')).toBe('stored a.txt of ada');
  });

  it('hands an authorizer the params', () => {
    @NotesService()
    class NoteController {
      @NotesService.add()
      add() {
        return '';
      }

      @NotesService.added.authorize.injected()
      mayHear(@Principal() principal: string, @Params() { tag }: { tag: string }) {
        return principal === tag;
      }
    }
    const route = servicesOf([new NoteController()])[0]?.routes[1];
    if (route === undefined || !isTopicRoute(route)) throw new Error('no route');
    expect(route.authorize?.({ tag: 'ada' }, context as never)).toBe(true);
    expect(route.authorize?.({ tag: 'bob' }, context as never)).toBe(false);
  });

  it('takes a method without parameters', () => {
    @FilesService()
    class FileController {
      @FilesService.store.injected()
      store() {
        return 'nothing';
      }
    }
    expect(faultsOf(new FileController())).toBe('');
  });

  it('does not inherit parameter decorators to an override', () => {
    @FilesService()
    class Base {
      @FilesService.store.injected()
      store(@Input() input: string) {
        return input;
      }
    }
    class Derived extends Base {
      @FilesService.store.injected()
      override store(input: string) {
        return `${input}!`;
      }
    }
    expect(faultsOf(new Derived())).toContain(
      'Derived.store: @FilesService.store.injected() finds no decorated parameters: decorate each, ' +
        'or write @FilesService.store()',
    );
  });

  it('refuses a parameter without a decorator, and one with two', () => {
    @FilesService()
    class FileController {
      @FilesService.store.injected()
      store(_first: string, @Input() @Context() _second: unknown, _third: string) {
        return '';
      }
    }
    expect(faultsOf(new FileController())).toBe(
      'the server does not boot:\n' +
        '- FileController.store: parameter 1 has no decorator: add one such as @Input()\n' +
        '- FileController.store: parameter 2 has 2 decorators, @Input(), @Context(): keep one\n' +
        '- FileController.store: parameter 3 has no decorator: add one such as @Input()',
    );
  });

  it('refuses decorators that have nothing to give', () => {
    @NotesService()
    class NoteController {
      @NotesService.add.injected()
      add(@Items() _items: unknown, @Params() _params: unknown) {
        return '';
      }

      @NotesService.added.authorize.injected()
      mayHear(@Signal() _signal: AbortSignal) {
        return true;
      }
    }
    const faults = faultsOf(new NoteController());
    expect(faults).toContain(
      'NoteController.add: @Items() gives nothing in @NotesService.add.injected(): allowed are ' +
        '@Input(), @Context(), @User(), @Principal(), @Session(), @Signal()',
    );
    expect(faults).toContain('NoteController.add: @Params() gives nothing');
    expect(faults).toContain(
      'NoteController.mayHear: @Signal() gives nothing in @NotesService.added.authorize.injected(): ' +
        'allowed are @Params(), @Context(), @User(), @Principal(), @Session()',
    );
  });
});

describe('the direct form', () => {
  it('refuses parameter decorators', () => {
    @NotesService()
    class NoteController {
      @NotesService.add()
      add(@Input() input: string) {
        return input;
      }
    }
    expect(faultsOf(new NoteController())).toContain(
      'NoteController.add: @NotesService.add() ignores @Input(): write @NotesService.add.injected(), ' +
        'or take them off',
    );
  });
});

describe('metadata that the compiler emits', () => {
  it.each([
    ['an enum object', [Colour, Object]],
    ['undefined', [undefined, undefined]],
    ['nothing that is a list', undefined],
    ['a primitive', 7],
    ['more types than parameters', [String, String, String, String]],
  ])('is never asked for the type of a parameter, even if it is %s', (_, types) => {
    @FilesService()
    class FileController {
      @FilesService.store.injected()
      store(@Input() input: string, @User() user: unknown) {
        return `${input} of ${JSON.stringify(user)}`;
      }
    }
    for (const key of ['design:paramtypes', 'design:type', 'design:returntype']) {
      Reflect.defineMetadata(key, types, FileController.prototype, 'store');
    }
    Reflect.defineMetadata('design:paramtypes', types, FileController);
    expect(run(new FileController(), 'a.txt')).toBe('a.txt of {"name":"Ada"}');
  });

  it('is never asked for an enum parameter of a real method either', () => {
    @FilesService()
    class FileController {
      @FilesService.store.injected()
      store(@Input() colour: Colour) {
        return colour;
      }
    }
    expect(faultsOf(new FileController())).toBe('');
  });
});
