import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch } from './full-codec.js';
import { takesNumber, type Batch } from './batch.js';
import { Writer } from './bytes/writer.js';
import { ENCODING, SESSION_LIMITS, type Message, type SessionLimits } from './message.js';
import { Violation } from './violation.js';

const HASH = '0000000000000000';
const DEFAULTS = Object.fromEntries(
  Object.entries(SESSION_LIMITS).map(([name, { absent }]) => [name, absent]),
) as SessionLimits;
const TERMS = { ttlMs: 0, expiresInMs: 0, idleMs: 0, limits: DEFAULTS, revisions: [] };

/** Sends a message through bytes, as a hostile encoder that keeps to no limit would. */
function pass(message: Message): Message | string {
  const head = takesNumber(message) ? { seq: 1 } : {};
  const batch = decodeBatch(encodeBatch(new Writer(), head, [message]));
  return batch instanceof Violation ? batch.name : (batch.messages[0] as Message);
}

function read(hex: string): Batch | Violation {
  return decodeBatch(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
}

function hello(fields: object): Message {
  return { kind: 'HELLO', features: 0, agent: '', token: '', revisions: [], ...fields };
}

function welcome(fields: object): Message {
  const secret = new Uint8Array(32);
  return { kind: 'WELCOME', features: 0, session: '', secret, ...TERMS, ...fields };
}

function bind(name: string): Message {
  return {
    kind: 'BIND',
    procedure: 0,
    procedureKind: 'call',
    name,
    sendHash: HASH,
    receiveHash: HASH,
  };
}

function error(fields: object): Message {
  const bytes = new Uint8Array(0);
  return {
    kind: 'ERROR',
    id: 0,
    executed: 'no',
    code: 'X',
    message: '',
    encoding: 0,
    bytes,
    ...fields,
  };
}

function subscribe(fields: object): Message {
  const params = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
  return {
    kind: 'SUBSCRIBE',
    sub: 0,
    name: 'a.b',
    params,
    payloadHash: HASH,
    cursor: undefined,
    last: undefined,
    ...fields,
  };
}

function revisions(count: number) {
  return Array.from({ length: count }, () => ({ name: 'a', revision: HASH }));
}

describe('decodeMessage', () => {
  it.each<[string, Message, Message]>([
    ['agent', hello({ agent: 'a'.repeat(64) }), hello({ agent: 'a'.repeat(65) })],
    ['token', hello({ token: 'a'.repeat(4_096) }), hello({ token: 'a'.repeat(4_097) })],
    [
      'new token',
      { kind: 'AUTH', token: 'a'.repeat(4_096) },
      { kind: 'AUTH', token: 'a'.repeat(4_097) },
    ],
    ['revisions', hello({ revisions: revisions(64) }), hello({ revisions: revisions(65) })],
    ['session', welcome({ session: 's'.repeat(128) }), welcome({ session: 's'.repeat(129) })],
    ['name', bind(`a.${'b'.repeat(126)}`), bind(`a.${'b'.repeat(127)}`)],
    ['segments', bind('a.b.c.d.e.f.g.h'), bind('a.b.c.d.e.f.g.h.i')],
    ['code', error({ code: 'C'.repeat(64) }), error({ code: 'C'.repeat(65) })],
    ['message', error({ message: 'é'.repeat(512) }), error({ message: `é${'é'.repeat(512)}` })],
    ['last', subscribe({ last: 10_000 }), subscribe({ last: 10_001 })],
    ['secret', welcome({ secret: new Uint8Array(32) }), welcome({ secret: new Uint8Array(33) })],
  ])('takes %s up to its limit and refuses one more', (_what, fits, over) => {
    expect(pass(fits)).toEqual(fits);
    expect(pass(over)).toBe('BAD_FIELD');
  });

  it('takes a secret of 32 bytes or none, and copies it', () => {
    expect(pass(welcome({ secret: new Uint8Array(0) }))).toMatchObject({
      secret: new Uint8Array(0),
    });
    expect(pass(welcome({ secret: new Uint8Array(31) }))).toBe('BAD_FIELD');
    const bytes = Buffer.from(encodeBatch(new Writer(), {}, [welcome({})]));
    const batch = decodeBatch(bytes) as Batch;
    bytes.fill(9);
    expect(batch.messages).toEqual([welcome({})]);
  });

  it.each([
    '',
    'a',
    'A.b',
    'a.B',
    'a..b',
    '.a',
    'a.',
    'a.b-c',
    'a.b\n',
    '__proto__.x',
    'a.é',
    'a b.c',
  ])('refuses the name "%s"', (name) => {
    expect(pass(bind(name))).toBe('BAD_FIELD');
    expect(pass(subscribe({ name }))).toBe('BAD_FIELD');
  });

  it.each(['', 'x', 'Room', '1X', '_X', 'A-B', 'A B', 'A\n'])(
    'refuses the error code "%s"',
    (code) => {
      expect(pass(error({ code }))).toBe('BAD_FIELD');
      expect(pass({ kind: 'ENDED', sub: 0, code, message: '' })).toBe('BAD_FIELD');
    },
  );

  it('takes limits that are told, defaults for the others, and ignores tags it does not know', () => {
    const limits = { ...DEFAULTS, callsInFlight: 1, boundProcedures: 2 ** 40 };
    expect(pass(welcome({ limits }))).toEqual(welcome({ limits }));
    const batch = read(`00 04 0b 00 00 00 00 00 02 63 05 01 07 00`) as Batch;
    expect(batch.messages).toMatchObject([{ limits: { ...DEFAULTS, callsInFlight: 7 } }]);
  });

  it('takes payloads to the end of the message, and no payload as no bytes', () => {
    expect(read('01 0100 52 02 00 00')).toMatchObject({ messages: [{ encoding: 0 }] });
    expect(read('01 0100 52 03 00 03 00')).toMatchObject({ messages: [{ encoding: 3 }] });
    expect(read('01 0100 52 03 00 00 00')).toMatchObject({ name: 'TRAILING' });
  });

  it.each([
    ['RESULT', '52 02 00'],
    ['ITEM', '55 02 00'],
    ['END', '56 02 00'],
    ['CALL', '51 03 00 00'],
    ['ERROR', '53 06 00'],
  ])('refuses unknown flags in %s', (_kind, start) => {
    const rest = start.startsWith('53') ? '00 01 58 00' : '';
    expect(read(`01 0100 ${start} 00 ${rest}`)).not.toBeInstanceOf(Violation);
    for (const flags of ['10', '20', '40', '80']) {
      expect(read(`01 0100 ${start} ${flags} ${rest}`)).toMatchObject({ name: 'BAD_FLAGS' });
    }
  });

  it('refuses offsets that contradict each other', () => {
    const topic = { kind: 'MESSAGE', topic: 0, encoding: 0, bytes: new Uint8Array(0) } as const;
    expect(pass({ ...topic, offset: 1, skipped: 0 })).not.toBe('BAD_OFFSET');
    expect(pass({ ...topic, offset: 0, skipped: 0 })).toBe('BAD_OFFSET');
    expect(pass({ ...topic, offset: 5, skipped: 5 })).toBe('BAD_OFFSET');
    const join = { kind: 'SUBSCRIBED', sub: 0, topic: 0, state: 'fresh', epoch: HASH } as const;
    expect(pass({ ...join, offset: 5, top: 5 })).not.toBe('BAD_OFFSET');
    expect(pass({ ...join, offset: 5, top: 4 })).toBe('BAD_OFFSET');
    const gap = { kind: 'GAP', sub: 0, epoch: HASH, reason: 'slow' } as const;
    expect(pass({ ...gap, from: 5, to: 5 })).not.toBe('BAD_OFFSET');
    expect(pass({ ...gap, from: 5, to: undefined })).not.toBe('BAD_OFFSET');
    expect(pass({ ...gap, from: 5, to: 4 })).toBe('BAD_OFFSET');
  });

  it('skips an ext of no known tag behind a message that may have one', () => {
    expect(read('00 0a 05 00 03 f0 01 07')).toMatchObject({ messages: [{ kind: 'AUTHED' }] });
    expect(read('00 0a 05 00 03 70 01 07')).toMatchObject({ name: 'BAD_EXT' });
    expect(read('00 0a 06 00 03 f0 01 07 00')).toMatchObject({ name: 'TRAILING' });
  });

  it.each([
    ['PING', '07 05 07000000 00'],
    ['CREDIT', '20 04 00 01 01 00'],
    ['UNSUBSCRIBE', '23 02 00 00'],
  ])('has no ext in %s', (_kind, hex) => {
    expect(read(`00 ${hex}`)).toMatchObject({ name: 'TRAILING' });
  });

  it('does not count further than there are bytes', () => {
    const count = 'ffffffffffffff0f';
    expect(read(`00 01 0b 00 00 00 ${count}`)).toMatchObject({ name: 'BAD_FIELD' });
    expect(read(`00 02 0d 00 00 00 00 00 00 ${count.slice(0, 14)}`)).toMatchObject({
      name: 'TRUNCATED',
    });
  });
});
