import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const COMPILER = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** What the compiler must say of each file in `wrong/`. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  input: ["Types of property 'room' are incompatible"],
  output: ["Types of property 'sentAt' are incompatible"],
  item: ["Property 'sentAt' is missing in type"],
  'stream-output': ["Type 'string' is not assignable to type 'number'"],
  'up-item': ["Property 'size' does not exist on type 'Uint8Array"],
  'error-data': ["'rom' does not exist in type '{ room: string; }'. Did you mean to write 'room'?"],
  'error-code': [
    `Argument of type '"ROOM_SHUT"' is not assignable to parameter of type '"ROOM_CLOSED"'`,
  ],
  'missing-handler': ["Property 'history' is missing in type 'ChatController'"],
  'missing-inherited': ["Property 'answer' is missing in type 'ChatController'"],
  'private-handler': ["Property 'post' is protected in type 'ChatController'"],
  'method-name': [`Argument of type '"pots"' is not assignable to parameter of type '"post"'`],
  'other-method': [`Argument of type '"post"' is not assignable to parameter of type '"history"'`],
  'topic-params': ["Property 'roomId' is missing in type '{ room: string; }'"],
  'topic-verdict': ["Type 'string' is not assignable to type 'boolean | Promise<boolean>'"],
  'injected-output': ["Types of property 'sentAt' are incompatible"],
  'injected-verdict': ["Type 'string' is not assignable to type 'boolean'"],
  'handlers-interface': [
    "Types of property 'text' are incompatible",
    "Property 'since' is missing in type '{ room: string; limit: number; }'",
  ],
  implemented: [
    "Property 'rom' does not exist on type '{ room: string; text: string; }'",
    "Type 'string' is not assignable to type 'void | Promise<void | undefined> | undefined'",
    "Types of property 'sentAt' are incompatible",
    "Property 'roomId' does not exist on type '{ room: string; }'",
  ],
  field: [
    'Unable to resolve signature of property decorator',
    'No overload expects 2 arguments',
    "Type 'boolean' is not assignable to type '(...args: never[]) => unknown'",
  ],
  guard: [
    "Property 'canActivate' is missing in type 'SignedIn'",
    "Type 'string' is not assignable to type 'boolean | Promise<boolean>'",
  ],
};

/** What the compiler says, by file: `wrong/input.mts`. */
let messages: ReadonlyMap<string, string>;

beforeAll(async () => {
  messages = groupByFile(await compile());
}, 120_000);

describe('the compiler, on handlers that fit their contract', () => {
  it.each(listFixtures('correct'))('accepts correct/%s', (name) => {
    expect(messages.get(`correct/${name}.mts`)).toBeUndefined();
  });

  it('finds fault with no other file of the folder', () => {
    const others = [...messages].filter(([file]) => !/^(wrong|\.\.)\//.test(file));
    expect(others).toEqual([]);
  });
});

describe('the compiler, on handlers that do not fit their contract', () => {
  it('is asked about every file in wrong/', () => {
    expect(listFixtures('wrong')).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('names the field in wrong/%s', (name, phrases) => {
    const message = messages.get(`wrong/${name}.mts`) ?? '';
    for (const phrase of phrases) expect(message).toContain(phrase);
  });

  it('shows fields and no schemas', () => {
    const withSchemas = [...messages].filter(
      ([file, message]) => file.startsWith('wrong/') && message.includes('Zod'),
    );
    expect(withSchemas).toEqual([]);
  });
});

/** Compiles the folder's own project; that it fails is what is asked for. */
function compile(): Promise<string> {
  return new Promise((resolve) => {
    const args = [COMPILER, '-p', HERE, '--pretty', 'false'];
    execFile(process.execPath, args, { cwd: HERE }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

function groupByFile(output: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let file = 'no file';
  for (const line of output.split('\n').filter((text) => text !== '')) {
    file = line.startsWith(' ') ? file : (/^(.+?)\(\d+,\d+\): /.exec(line)?.[1] ?? 'no file');
    found.set(file, `${found.get(file) ?? ''}${line}\n`);
  }
  return found;
}

function listFixtures(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, import.meta.url))
    .map((name) => basename(name, '.mts'))
    .sort();
}
