import { Reader } from '../../packages/protocol/src/bytes/reader.js';

/** What a line of a grammar reads: its parts by their names, those of a repeated group in order. */
export type Parts = { readonly [name: string]: number | string | Uint8Array | readonly Parts[] };

/** Says of a part in square brackets whether it is there. */
export type IsThere = (name: string, parts: Parts) => boolean;

/** Reads the grammar of the given name in a text: what stands behind `name =`. */
export function grammarOf(text: string, name: string): string {
  const line = text.split('\n').find((one) => one.trimStart().startsWith(`${name} `));
  const [, said] = /=\s*(.+)$/.exec(line ?? '') ?? [];
  if (said === undefined) throw new RangeError(`no grammar of "${name}"`);
  return said;
}

/**
 * Reads bytes by a line of a grammar, and nothing else: `name:type`, `name[size]` of as many bytes,
 * `[name:type]`, `(…)*`, `name*` for what is left, or a bare name, which is what is left too.
 */
export function readByGrammar(grammar: string, bytes: Uint8Array, isThere?: IsThere): Parts {
  const reader = new Reader(bytes);
  const parts = readParts(grammar, reader, isThere);
  if (reader.fault !== undefined) throw new RangeError(reader.fault);
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes are left`);
  return parts;
}

function readParts(grammar: string, reader: Reader, isThere: IsThere = () => true): Parts {
  const parts: Record<string, Parts[string]> = {};
  for (const [token] of grammar.matchAll(/\([^)]*\)\*|\S+/g)) {
    const group = /^\((.*)\)\*$/.exec(token)?.[1];
    const [, maybe, type] = /^\[(\w+):(\w+)\]$/.exec(token) ?? [];
    const [, name, read] = /^(\w+):(\w+)$/.exec(token) ?? [];
    const [, sized, size] = /^(\w+)\[(\w+)\]$/.exec(token) ?? [];
    if (group !== undefined) parts['group'] = readGroup(group, reader, parts['count']);
    else if (maybe !== undefined) {
      if (isThere(maybe, parts)) parts[maybe] = readOne(type ?? '', reader);
    } else if (name !== undefined) parts[name] = readOne(read ?? '', reader);
    else if (sized !== undefined) parts[sized] = reader.copy(Number(parts[size ?? '']));
    else parts[token.replace('*', '')] = reader.copy(reader.remaining);
  }
  return parts;
}

function readGroup(group: string, reader: Reader, count: Parts[string] | undefined): Parts[] {
  const groups: Parts[] = [];
  const isOver = (): boolean =>
    count === undefined ? reader.remaining === 0 : groups.length === Number(count);
  while (!isOver() && reader.fault === undefined) groups.push(readParts(group, reader));
  return groups;
}

function readOne(type: string, reader: Reader): number | string {
  switch (type) {
    case 'u8':
      return reader.u8();
    case 'u16':
      return reader.u16();
    case 'u64':
      return reader.u64();
    case 'varint':
      return reader.varint();
    case 'text':
      return reader.text(Number.MAX_SAFE_INTEGER);
    default:
      throw new RangeError(`unknown type "${type}"`);
  }
}
