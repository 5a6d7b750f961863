/** What JSON text cannot say of a part: its kind, and what is in it. */
type Note = readonly [kind: Kind] | readonly [kind: Kind, inner: Notes];

/** Notes by the paths of their parts. */
type Notes = Record<string, Note>;

type Kind = string | typeof BINARY;

const BINARY = ['custom', 'binary'] as const;

/**
 * Writes a value as superjson does: JSON, and notes on what JSON cannot say. It is for values that
 * `CarriageWalk` has found nothing wrong with. Binary parts are collected beside it.
 */
export class Annotator {
  readonly binaries: Uint8Array[] = [];
  /** Of the part that was written last. */
  #note: Note | Notes | undefined;

  /** Gives the JSON text of a whole document. */
  document(value: unknown): string {
    const json = this.#write(value);
    const values = this.#note;
    return JSON.stringify(values === undefined ? { json } : { json, meta: { values, v: 1 } });
  }

  #write(value: unknown): unknown {
    this.#note = undefined;
    switch (typeof value) {
      case 'undefined':
        return this.#noted('undefined', null);
      case 'bigint':
        return this.#noted('bigint', value.toString());
      case 'number':
        if (Object.is(value, -0)) return this.#noted('number', '-0');
        return Number.isFinite(value) ? value : this.#noted('number', String(value));
      case 'object':
        return value === null ? null : this.#writeObject(value);
      default:
        return value;
    }
  }

  #writeObject(value: object): unknown {
    if (Array.isArray(value)) return this.#writeElements(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#writeMembers(value);
    if (value instanceof Uint8Array) return this.#noted(BINARY, this.binaries.push(value) - 1);
    if (value instanceof Date) return this.#noted('Date', value.toISOString());
    if (value instanceof Set) return this.#writeEntries('set', [...value]);
    if (value instanceof Map) return this.#writeEntries('map', [...value]);
    return this.#noted('URL', (value as { readonly href: string }).href);
  }

  #writeEntries(kind: string, entries: readonly unknown[]): unknown {
    const json = this.#writeElements(entries);
    // A list has notes on its parts alone.
    const inner = this.#note as Notes | undefined;
    this.#note = inner === undefined ? [kind] : [kind, inner];
    return json;
  }

  #writeElements(elements: readonly unknown[]): unknown[] {
    const notes: Notes = {};
    const json: unknown[] = [];
    // Not `map`, which leaves out what is not there.
    for (let index = 0; index < elements.length; index++) {
      json.push(this.#write(elements[index]));
      if (this.#note !== undefined) place(notes, String(index), this.#note);
    }
    this.#note = orNothing(notes);
    return json;
  }

  #writeMembers(value: object): object {
    const notes: Notes = {};
    const json: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      json[name] = this.#write((value as Readonly<Record<string, unknown>>)[name]);
      if (this.#note !== undefined) place(notes, escapeStep(name), this.#note);
    }
    this.#note = orNothing(notes);
    return json;
  }

  #noted(kind: Kind, json: unknown): unknown {
    this.#note = [kind];
    return json;
  }
}

/** Notes on the parts of a part that has none itself stand beside it, under longer paths. */
function place(notes: Notes, step: string, note: Note | Notes): void {
  if (isNote(note)) notes[step] = note;
  else for (const path of Object.keys(note)) notes[`${step}.${path}`] = note[path] as Note;
}

function isNote(note: Note | Notes): note is Note {
  return Array.isArray(note);
}

function orNothing(notes: Notes): Notes | undefined {
  for (const _path in notes) return notes;
  return undefined;
}

function escapeStep(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('.', '\\.');
}
