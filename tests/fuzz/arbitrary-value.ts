import * as fc from 'fast-check';

const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Keys that are carried, with the characters that annotations escape among them. */
const key = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('.', '\\', 'a', '0', '"'), maxLength: 6 }),
    fc.constantFrom('toString', 'length', 'then', 'json', 'meta', '0', ''),
  )
  .filter((name) => !UNSAFE.has(name));

const jsonLeaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double().filter((number) => Number.isFinite(number) && !Object.is(number, -0)),
  fc.boolean(),
  fc.constant(null),
);

const annotatedLeaf = fc.oneof(
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
  fc.constant(undefined),
  fc.webUrl({ withQueryParameters: true, withFragments: true }).map((text) => new URL(text)),
);

const binaryLeaf = fc.uint8Array({ maxLength: 40 });

/** What a value may be made of. */
export interface ValueOptions {
  readonly hasBinaries: boolean;
  /** Whether the same part may stand at several places. */
  readonly isShared: boolean;
}

/** Any value that is carried, Maps with objects as keys and present `undefined` included. */
export function arbitraryValue(options: ValueOptions): fc.Arbitrary<unknown> {
  const leaves = options.hasBinaries
    ? [jsonLeaf, annotatedLeaf, binaryLeaf]
    : [jsonLeaf, annotatedLeaf];
  const { value } = fc.letrec((tie) => {
    const inner = tie('value');
    const array = fc.array(inner, { maxLength: 5 });
    const containers: fc.Arbitrary<unknown>[] = [
      array,
      fc.dictionary(key, inner, { maxKeys: 5, noNullPrototype: true }),
      array.map((entries) => new Set(entries)),
      fc.array(fc.tuple(inner, inner), { maxLength: 4 }).map((entries) => new Map(entries)),
    ];
    if (options.isShared) containers.push(inner.map((part) => [part, { again: part }]));
    return {
      value: fc.oneof({ maxDepth: 5, depthSize: 'small' }, fc.oneof(...leaves), ...containers),
    };
  });
  return value as fc.Arbitrary<unknown>;
}
