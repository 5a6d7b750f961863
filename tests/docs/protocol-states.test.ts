import { KINDS, type Kind, type Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { openRawHost, payloadOf } from '../support/raw-peer.js';
import { readMessageVectors } from '../vectors/vector-json.js';
import { createDesk } from './desk.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const STATES = rowsOf(
  SECTIONS.find(({ title }) => title === 'States')?.text ?? '',
  'state',
  'begins with',
  'the client sends',
  'the server sends',
);
const HASHES = { sendHash: '0'.repeat(16), receiveHash: '0'.repeat(16) };
const BIND: Message = {
  kind: 'BIND',
  procedure: 0,
  procedureKind: 'call',
  name: 'desk.once',
  ...HASHES,
};
const CALL: Message = { kind: 'CALL', id: 0, procedure: 0, ...payloadOf('a') };
const KEYED: Message = { ...CALL, idempotencyKey: Uint8Array.of(1) };

/** What a client may say at all, as the vectors have it. */
const SAID = readMessageVectors()
  .filter(({ name, direction, message }) => name === message.kind && direction !== 'server')
  .map(({ message }) => message)
  .filter(({ kind }) => kind !== 'CALL' && kind !== 'BIND');

function cellOf(state: string, column: number): string {
  return STATES.find(([name]) => name === state)?.[column] ?? '';
}

/** What becomes of a batch between HELLO and WELCOME: the code that closes, if one does. */
async function closesEarly(...messages: Message[]): Promise<number | undefined> {
  let welcome = (): void => undefined;
  const decided = new Promise<void>((resolve) => (welcome = resolve));
  await using host = openRawHost({
    services: [createDesk()],
    authenticate: () => decided.then(() => ({ principal: 'ada', user: undefined })),
  });
  const peer = host.connect();
  await peer.hello();
  await peer.send(...messages);
  expect(peer.of('WELCOME')).toEqual([]);
  welcome();
  await host.runtime.settle();
  return peer.closed?.code;
}

describe('between HELLO and WELCOME', () => {
  const listed = cellOf('greeting', 2).match(/\b[A-Z]{3,}\b/g) as Kind[];

  it.each(SAID)('$kind closes with 4400, unless the table has it', async (message) => {
    expect(Object.keys(KINDS)).toContain(message.kind);
    expect(await closesEarly(message)).toBe(listed.includes(message.kind) ? undefined : 4400);
  });

  it('BIND and a CALL with an idempotency key may come, and no other CALL', async () => {
    expect(cellOf('greeting', 2)).toMatch(/^BIND, SUBSCRIBE, CALL with an idempotency key, /);
    expect(await closesEarly(BIND, KEYED)).toBeUndefined();
    expect(await closesEarly(BIND, CALL)).toBe(4400);
  });
});

describe('states', () => {
  it.each([
    ['opened', 'the open WebSocket', 'HELLO or RESUME, at once', 'nothing'],
    ['greeting', 'HELLO', expect.stringMatching(/, messages of optional kinds, acknow/), 'WELCOME'],
    ['resuming', 'RESUME', 'nothing', 'RESUMED or GONE'],
    ['gone', 'GONE', 'HELLO, and no RESUME again', 'nothing'],
    [
      'live',
      'WELCOME or RESUMED',
      'everything but HELLO and RESUME',
      'everything but WELCOME, RESUMED and GONE',
    ],
    ['closing', 'the first Close frame, whoever sends it', 'nothing', 'nothing'],
  ])('have %s, which tests of connections play', (...row) => {
    expect(STATES.find(([name]) => name === row[0])).toEqual(row);
  });
});
