import { describe, expect, it } from 'vitest';
import { classMetadata, methodMetadata, noteOnClass, noteOnMethod } from './metadata.js';
import { UseErrorMappers, UseGuards, UseInterceptors } from './use-guards.js';

const first = () => true;
const second = () => true;
const third = () => true;

function wrap(
  _target: object,
  _key: string,
  descriptor: TypedPropertyDescriptor<() => string>,
): void {
  const { value } = descriptor;
  descriptor.value = () => `wrapped ${value?.()}`;
}

describe('metadata of a method', () => {
  class Base {
    @UseGuards(first, second)
    @UseGuards(third)
    post(): void {}
  }
  class Derived extends Base {
    override post(): void {}
  }

  it('keeps the order in which decorators are read', () => {
    expect(methodMetadata(Base.prototype, 'post').guards).toEqual([first, second, third]);
  });

  it('belongs to the class that declares the method', () => {
    expect(methodMetadata(Derived.prototype, 'post').guards).toEqual([]);
    expect(classMetadata(Base.prototype).methods).toEqual(['post']);
  });

  it('leaves the function as it was', () => {
    const method = Object.getOwnPropertyDescriptor(Base.prototype, 'post')?.value as object;
    expect(Reflect.getMetadataKeys(method)).toEqual([]);
    expect(Reflect.ownKeys(method)).toEqual(['length', 'name']);
  });

  it('outlives a decorator that replaces the function', () => {
    class Wrapped {
      @wrap
      @UseGuards(first)
      post(): string {
        return 'below';
      }

      @UseGuards(second)
      @wrap
      send(): string {
        return 'above';
      }
    }
    expect(methodMetadata(Wrapped.prototype, 'post').guards).toEqual([first]);
    expect(methodMetadata(Wrapped.prototype, 'send').guards).toEqual([second]);
    expect(new Wrapped().post()).toBe('wrapped below');
  });
});

describe('metadata of a class', () => {
  it('is not inherited by itself, so that each class of a chain is read once', () => {
    @UseGuards(first)
    class Base {}
    @UseInterceptors((_, next) => next())
    @UseErrorMappers(() => undefined)
    class Derived extends Base {}
    expect(classMetadata(Base.prototype).guards).toEqual([first]);
    expect(classMetadata(Derived.prototype).guards).toEqual([]);
    expect(classMetadata(Derived.prototype).interceptors).toHaveLength(1);
    expect(classMetadata(Derived.prototype).errorMappers).toHaveLength(1);
  });

  it('notes a decorator on a static method as one that does nothing', () => {
    class Strange {
      @UseGuards(first)
      static make(): void {}
    }
    expect(classMetadata(Strange.prototype)).toMatchObject({
      guards: [],
      methods: [],
      strays: ['@UseGuards() on static "make"'],
    });
  });

  it('notes a decorator on a symbol or a constructor parameter as one that does nothing', () => {
    class Strange {}
    const decorator = '@Input()';
    noteOnMethod({ target: Strange.prototype, key: Symbol('post'), decorator }, { roles: [] });
    noteOnMethod({ target: Strange, key: undefined, decorator }, { parameters: [] });
    expect(classMetadata(Strange.prototype).strays).toEqual([
      '@Input() on a parameter of the constructor',
      '@Input() on Symbol(post)',
    ]);
  });
});

describe('a decorator that was compiled the standard way', () => {
  it('throws at once and names the option', () => {
    const place = {
      target: class {},
      key: { kind: 'class' } as unknown as string,
      decorator: '@X()',
    };
    expect(() => noteOnClass(place, {})).toThrow(
      /@X\(\) was compiled.*"experimentalDecorators": true/,
    );
    expect(() => noteOnMethod(place, {})).toThrow(TypeError);
  });
});
