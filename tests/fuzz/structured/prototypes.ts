const WATCHED: readonly object[] = [
  Object,
  Array,
  Function,
  Map,
  Set,
  Date,
  Uint8Array,
  Promise,
  String,
  Number,
  Error,
].map(({ prototype }) => prototype as object);

/** What prototypes held at one moment. */
export class Prototypes {
  readonly #before = WATCHED.map(contentOf);

  /** Says what has changed since; nothing if all is as it was. */
  findChange(): string | undefined {
    for (const [index, prototype] of WATCHED.entries()) {
      const before = this.#before[index] as ReadonlyMap<PropertyKey, unknown>;
      const now = contentOf(prototype);
      for (const [key, value] of now) {
        if (!before.has(key)) return `the prototype ${index} has got "${String(key)}"`;
        if (before.get(key) !== value)
          return `"${String(key)}" of the prototype ${index} has changed`;
      }
      if (now.size !== before.size) return `the prototype ${index} has lost a property`;
    }
    return undefined;
  }
}

function contentOf(prototype: object): ReadonlyMap<PropertyKey, unknown> {
  return new Map(
    Reflect.ownKeys(prototype).map((key) => {
      const property = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [key, Reflect.get(property, 'get') ?? (property.value as unknown)];
    }),
  );
}
