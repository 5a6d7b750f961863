import type { Chance } from './chance.js';
import { bytesOf, group, sized, varint, type Part } from './part.js';

const KEYS = [
  'a',
  'b',
  'name',
  'x y',
  '0',
  '1',
  'length',
  'then',
  'toString',
  'a.b',
  '\\',
  '',
  'é😀',
];
const ODD_KEYS = ['__proto__', 'constructor', 'prototype', '\ud800', 'k'.repeat(300), 'json'];
const STRINGS = ['', 'a', 'text "quoted" \\', 'é中😀', '\u2028', '__proto__', '2020-01-01', '0'];
const ODD_STRINGS = ['"\\ud800"', '"\\u0000"', '"\\x"', '"', "'a'", '"\u0001"', '"\\ud83d\\ude00"'];
const NUMBERS = ['0', '-1', '0.5', '1e3', '9007199254740993', '1e-7', '-0.0', '123456789012'];
const ODD_NUMBERS = ['1e999', '-1e999', '01', '.5', '1.', '+1', 'NaN', '0x1', '-', '1e'];
const DATES = [
  '"2026-01-01T00:00:00.000Z"',
  '"1969-12-31T23:59:59.999Z"',
  '"+012345-01-01T00:00:00.000Z"',
];
const ODD_DATES = [
  '"never"',
  '1',
  '""',
  '"275761-01-01"',
  '"2026-13-01T00:00:00.000Z"',
  `"${'1'.repeat(70)}"`,
];
const BIGINTS = ['"0"', '"-12"', `"${'9'.repeat(200)}"`];
const ODD_BIGINTS = [
  '"1.5"',
  '"0x10"',
  '""',
  '"-"',
  '12',
  `"${'1'.repeat(1_025)}"`,
  '" 1"',
  '"1n"',
];
const URLS = ['"http://x/"', '"https://a.b/c?d#e"', '"data:,x"', '"file:///etc"'];
const ODD_URLS = ['"x"', '""', '7', `"http://x/${'a'.repeat(2_100)}"`, '"http://[::"'];
const ODD_TYPES = [
  '"regexp"',
  '"constructor"',
  '["typed-array","Uint8Array"]',
  '["class","Object"]',
  '["symbol","iterator"]',
  '["custom","other"]',
  '1',
  'null',
  '{}',
  '"__proto__"',
];

/** Strings, marks and all else, so that they can be moved about. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+|"/g;

/** A value as JSON, with what superjson says beside it. */
interface Said {
  readonly json: string;
  /** The annotation tree as JSON, where there is one. */
  readonly tree: string | undefined;
}

/** Writes superjson documents by the rules of PROTOCOL.md; a wild one breaks some of them. */
export class SuperjsonMaker {
  readonly #chance: Chance;
  readonly #isWild: boolean;
  readonly #binaries: Part[] = [];
  #left = 24;

  constructor(chance: Chance, isWild: boolean) {
    this.#chance = chance;
    this.#isWild = isWild;
  }

  /** Gives the payload of one value. */
  payload(): Part {
    const { json, tree } = this.#value(0);
    const meta = tree === undefined ? '' : `,"meta":{"values":${tree},"v":1}`;
    const document = this.#isOff() ? this.#oddDocument(json, tree) : `{"json":${json}${meta}}`;
    const tokens = document.match(TOKENS) ?? [];
    const written = sized(...tokens.map((token) => bytesOf(Buffer.from(token))));
    const count = this.#isOff() ? this.#chance.number() : this.#binaries.length;
    return group(written, varint(count), ...this.#binaries);
  }

  #oddDocument(json: string, tree = '["Date"]'): string {
    return this.#chance.pick([
      `{"json":${json},"meta":{"values":${tree}}}`,
      `{"json":${json},"meta":{"values":${tree},"v":2}}`,
      `{"json":${json},"meta":{"values":${tree},"v":1,"referentialEqualities":{"a":["b"]}}}`,
      `{"json":${json},"meta":[]}`,
      `{"meta":{"v":1}}`,
      `{"json":${json},"json":null,"meta":{"values":${tree},"v":1}}`,
      `{"json":${json},"__proto__":{"polluted":1}}`,
      `[{"json":${json}}]`,
      `{"json":${'['.repeat(70)}${']'.repeat(70)}}`,
      `{"json":${json},"meta":{"values":{"__proto__.polluted":["undefined"]},"v":1}}`,
      `{"json":${json},"meta":{"values":{"constructor.prototype.x":["set"]},"v":1}}`,
      json,
      '',
    ]);
  }

  #isOff(): boolean {
    return this.#isWild && this.#chance.oneIn(20);
  }

  #value(depth: number): Said {
    const chance = this.#chance;
    this.#left--;
    if (depth > 4 || this.#left < 0 || chance.oneIn(3)) return this.#leaf();
    switch (chance.below(5)) {
      case 0:
      case 1:
        return this.#object(depth);
      case 2:
        return this.#array(depth);
      case 3:
        return this.#typed('set', this.#array(depth));
      default:
        return this.#map(depth);
    }
  }

  #leaf(): Said {
    const chance = this.#chance;
    const odd = this.#isOff();
    const of = (good: readonly string[], bad: readonly string[]) => chance.pick(odd ? bad : good);
    switch (chance.below(12)) {
      case 0:
        return this.#typed('undefined', { json: odd ? '0' : 'null', tree: undefined });
      case 1:
        return this.#typed('bigint', { json: of(BIGINTS, ODD_BIGINTS), tree: undefined });
      case 2:
        return this.#typed('Date', { json: of(DATES, ODD_DATES), tree: undefined });
      case 3: {
        const json = chance.pick([
          '"NaN"',
          '"Infinity"',
          '"-Infinity"',
          '"-0"',
          ...(odd ? ['1'] : []),
        ]);
        return this.#typed('number', { json, tree: undefined });
      }
      case 4:
        return this.#typed('URL', { json: of(URLS, ODD_URLS), tree: undefined });
      case 5:
        return this.#binary(odd);
      case 6:
        return odd ? this.#error() : { json: 'true', tree: undefined };
      case 7:
        return { json: chance.pick(['null', 'true', 'false']), tree: undefined };
      case 8:
      case 9:
        return { json: of(NUMBERS, ODD_NUMBERS), tree: undefined };
      default:
        return {
          json: odd ? chance.pick(ODD_STRINGS) : JSON.stringify(chance.pick(STRINGS)),
          tree: undefined,
        };
    }
  }

  #binary(odd: boolean): Said {
    const chance = this.#chance;
    if (this.#binaries.length > 14) return { json: '1', tree: undefined };
    const index = odd ? chance.pick([-1, 0, 1, 0.5, 99]) : this.#binaries.length;
    this.#binaries.push(sized(bytesOf(chance.bytes(chance.below(9)))));
    return { json: String(index), tree: '[["custom","binary"]]' };
  }

  #error(): Said {
    const more = this.#chance.pick(['', ',"code":"A"', ',"code":1', ',"stack":"x"', ',"cause":{}']);
    return { json: `{"name":"Error","message":"m"${more}}`, tree: '["Error"]' };
  }

  #typed(name: string, { json, tree }: Said): Said {
    const type = this.#isOff() ? this.#chance.pick(ODD_TYPES) : JSON.stringify(name);
    const inner = tree === undefined ? '' : `,${tree}`;
    const more = this.#isOff() ? ',{},{}' : '';
    return { json, tree: `[${type}${inner}${more}]` };
  }

  #object(depth: number): Said {
    const members: string[] = [];
    const inner = new InnerTree(this.#chance);
    const used = new Set<string>();
    for (let count = this.#chance.below(4); count > 0; count--) {
      const key = this.#chance.pick(this.#isOff() ? ODD_KEYS : KEYS);
      if (used.has(key) && !this.#isWild) continue;
      used.add(key);
      const { json, tree } = this.#value(depth + 1);
      members.push(`${JSON.stringify(key)}:${json}`);
      inner.add(this.#isOff() ? this.#chance.pick(ODD_KEYS) : key, tree);
    }
    return { json: `{${members.join(',')}}`, tree: inner.text };
  }

  #array(depth: number): Said {
    const elements: string[] = [];
    const inner = new InnerTree(this.#chance);
    for (let count = this.#chance.below(4); count > 0; count--) {
      const { json, tree } = this.#value(depth + 1);
      const index = this.#isOff()
        ? this.#chance.pick(['length', '-1', '00', '9'])
        : elements.length;
      inner.add(String(index), tree);
      elements.push(json);
    }
    return { json: `[${elements.join(',')}]`, tree: inner.text };
  }

  #map(depth: number): Said {
    const pairs: string[] = [];
    const inner = new InnerTree(this.#chance);
    for (let count = this.#chance.below(3); count > 0; count--) {
      const key = this.#value(depth + 2);
      const value = this.#value(depth + 2);
      inner.add(`${pairs.length}`, innerOf(['0', key.tree], ['1', value.tree]));
      pairs.push(this.#isOff() ? `[${key.json}]` : `[${key.json},${value.json}]`);
    }
    return this.#typed('map', { json: `[${pairs.join(',')}]`, tree: inner.text });
  }
}

function innerOf(...entries: (readonly [string, string | undefined])[]): string | undefined {
  const there = entries.filter(([, tree]) => tree !== undefined);
  if (there.length === 0) return undefined;
  return `{${there.map(([path, tree]) => `${JSON.stringify(path)}:${tree}`).join(',')}}`;
}

/** Annotations below one place, some of them with paths of more than one step. */
class InnerTree {
  readonly #chance: Chance;
  readonly #entries: [string, string][] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get text(): string | undefined {
    return innerOf(...this.#entries);
  }

  add(key: string, tree: string | undefined): void {
    if (tree === undefined) return;
    const path = key.replaceAll('\\', '\\\\').replaceAll('.', '\\.');
    if (!tree.startsWith('{') || this.#chance.oneIn(2)) {
      this.#entries.push([path, tree]);
      return;
    }
    for (const [rest, inner] of Object.entries(JSON.parse(tree) as Record<string, unknown>)) {
      this.#entries.push([`${path}.${rest}`, JSON.stringify(inner)]);
    }
  }
}
