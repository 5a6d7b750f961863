import { defOf, type Schema } from './schema.js';

/** Finds the class of a `z.instanceof()`. Copies made by `.describe()` or `.check()` lose it. */
export function classOf(schema: Schema): unknown {
  for (let one: Schema | undefined = schema; one !== undefined; one = one._zod.parent) {
    if (defOf(one).type === 'custom' && one._zod.bag['Class'] !== undefined) {
      return one._zod.bag['Class'];
    }
  }
  return undefined;
}

/** Tells whether a schema is `z.instanceof(Uint8Array)`. */
export function isBinary(schema: Schema): boolean {
  return classOf(schema) === Uint8Array;
}
