import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, DECODE_LIMITS, WIRE_LIMITS, type CloseCode } from '@trunkline/protocol';
import { CLIENT_LIMITS } from '../../packages/client/src/connection/client-limits.js';
import { SERVER_LIMITS } from '../../packages/server/src/limits/limits.js';
import { readDocument, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md')).filter(
  ({ title }) => !/^\d+\. /.test(title),
);
const UNITS: Record<string, number> = { KiB: 1_024, MiB: 1_048_576, s: 1_000, minutes: 60_000 };
const CODES = Object.values(CLOSE_CODES).map(({ code }): number => code);
/** Tables that other tests hold in whole. */
const HELD = /^\| (what|code|tag \| value|layout|feature bit|limit tag) /;

/** Limits by their names, with the side before them where both have one. */
const LIMITS: Readonly<Record<string, number>> = {
  ...valuesOf('wire', WIRE_LIMITS),
  ...valuesOf('decode', DECODE_LIMITS),
  ...valuesOf('server', SERVER_LIMITS),
  'client.welcomeMs': CLIENT_LIMITS.welcomeMs,
};

function valuesOf(side: string, table: Record<string, { value: number }>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { value }]) => [`${side}.${name}`, value]),
  );
}

/** A section without its examples, without tables that are held elsewhere, in one line. */
function proseOf(text: string): string {
  let isHeld = false;
  const lines = text.replaceAll(/^```[\s\S]*?^```$/gm, '').split('\n');
  const told = lines.filter((line, index) => {
    if (!line.startsWith('|')) isHeld = false;
    else if (!(lines[index - 1] ?? '').startsWith('|')) isHeld = HELD.test(line);
    return !isHeld;
  });
  return told.join(' ').replaceAll(/\s+/g, ' ');
}

/** The close codes that a text names, but 4400. */
function codesOf(text: string): number[] {
  return [...text.matchAll(/(?<![\w.,`-])\d{4}(?![\w`])/g)]
    .map(([digits]) => Number(digits))
    .filter((code) => CODES.includes(code) && code !== CLOSE_CODES.PROTOCOL.code);
}

/** The numbers of a text that have a unit or are above 8, with their units multiplied out. */
function quantitiesOf(text: string): number[] {
  const found = text.matchAll(/(?<![\w.^`])(\d[\d,]*)(?:\^(\d+))?(?: (KiB|MiB|s|minutes|ms)\b)?/g);
  return [...found].flatMap(([, digits = '', power = '1', unit = '']) => {
    const number = Number(digits.replaceAll(',', ''));
    const isCode = CODES.includes(number) && !digits.includes(',0');
    const isTold = number > 8 || power !== '1' || unit in UNITS || unit === 'ms';
    return isTold && !isCode ? [number ** Number(power) * (UNITS[unit] ?? 1)] : [];
  });
}

/** The quantities that a list of numbers, powers and limits stands for. */
function told(list: string): number[] {
  return list.split(' ').map((one) => {
    const [base, power = 1] = one.split('^').map(Number);
    const value = LIMITS[one] ?? (base as number) ** power;
    if (Number.isNaN(value)) throw new RangeError(`no limit "${one}"`);
    return value;
  });
}

/**
 * What each section tells, in its order. Numbers that are no limits are those of other standards,
 * sizes of fields and hashes, counts of bits, what our peers choose, and what examples hold.
 */
const TOLD: Readonly<Record<string, string>> = {
  'The Trunkline protocol, version 1': '2119',
  'A small client': 'wire.ackDelayMs wire.ackMessages wire.batchBytes',
  Negotiation: '6455 400 server.subprotocolBytes 400 6455',
  'Values of the wire': '2^53 16 72 9',
  Extensions: '64 512 64 64',
  Payloads: '9 11024 754 9999',
  Layouts: '754 2^53 2^53 8640000000000000 1970',
  Bytes: '16 1970',
  'Numbers of a body': '2^53 2^53',
  Faults: '2^53',
  'Layout hashes': '64 2^64 21 9 20',
  Batches: '16 16 wire.batchBytes wire.batchCloseBytes',
  'Numbers and acknowledgements':
    '16 16 wire.unackedMessages wire.unackedBytes wire.ackMessages wire.ackBytes wire.ackDelayMs',
  'Order of writing': 'wire.cutBytes wire.bulkTurnBytes',
  States: 'server.helloBytes server.earlyBytes 64 server.helloMs',
  'The end of rights': '1000',
  Closing: '6455',
  HELLO:
    'server.helloBytes 64 server.tokenBytes server.namedContracts server.nameBytes 64 server.helloMs server.helloBytes server.authMs',
  WELCOME: '128 32 server.namedContracts 32 client.welcomeMs 64',
  RESUME: 'server.helloBytes 32 server.helloBytes 300 42',
  RESUMED: '16 client.welcomeMs 45',
  GONE: 'server.helloMs server.tombstoneMs client.welcomeMs 45',
  GOAWAY: '503 25000',
  AUTH: 'server.authMs',
  PING: 'wire.idleMs 20 wire.busyIdleMs wire.deadMs wire.busyDeadMs client.welcomeMs server.minIdleMs wire.busyIdleMs',
  BIND: 'server.nameBytes 9 9 17 server.boundProcedures',
  CALL: 'server.deadlineMs server.maxDeadlineMs server.clientCalls server.boundProcedures 64 128 server.idempotencyMs server.outcomeBytes 5000',
  ERROR: '9 64 server.errorTextBytes 4096 server.errorIssues',
  END: '90000',
  CREDIT:
    'wire.downCreditItems wire.downCreditBytes server.downCreditMaxItems server.downCreditMaxBytes server.upCreditMaxItems server.upCreditMaxBytes 2^53 server.downCreditMaxItems server.downCreditMaxBytes server.streamIdleMs 96 300000',
  SUBSCRIBE: '10000 10000 server.paramsBytes server.topicKeyBytes 4096',
  SUBSCRIBED: '12 4096 4099',
  MESSAGE: '4097 12',
  GAP: '4097 4099',
  CHUNK:
    'wire.cutBytes wire.chunkBytes wire.windowStartBytes wire.windowAheadMs wire.windowMinBytes wire.windowMaxBytes wire.windowStartBytes wire.transfers wire.assemblyBytes wire.assemblyDownBytes 131072 wire.transfers wire.assemblyBytes wire.assemblyDownBytes server.assemblyNodeBytes wire.chunkPauseMs 40000',
  Limits: 'decode.bigintDigits',
  'Close codes': '1006 10000 250 500 20000 123',
  Violations: 'wire.batchBytes server.helloBytes 2^53 5000 5000 5000 5000',
};

/** The codes with which each section closes, in its order; a reason of 1000 ms is DONE here. */
const CLOSES: Readonly<Record<string, string>> = {
  'A small client': 'DONE HELLO_LATE',
  Negotiation: 'VERSION VERSION REFUSED',
  Batches: 'TOO_BIG',
  States: 'HELLO_LATE TOKEN',
  'What outlives a connection':
    'DONE TOO_BIG REFUSED VERSION REPLACED LEAVING DRAINING PAUSED REPLACED SESSION_GONE DRAINING',
  'The end of rights': 'TOKEN TOKEN REFUSED',
  Closing: 'LEAVING POLICY TOO_BIG',
  HELLO: 'HELLO_LATE TOO_BIG TOKEN REFUSED TOO_MUCH LEAVING',
  WELCOME: 'TOKEN REFUSED',
  RESUME: 'REPLACED REPLACED TOO_BIG REPLACED TOKEN REFUSED TOO_MUCH LEAVING REPLACED SESSION_GONE',
  GOAWAY: 'DONE DRAINING DRAINING DRAINING DRAINING DRAINING',
  AUTH: 'TOO_MUCH SESSION_GONE TOKEN REFUSED',
  BIND: 'TOO_MUCH',
  CALL: 'TOO_MUCH',
  CANCEL: 'TOO_MUCH',
  SUBSCRIBE: 'TOO_MUCH',
  GAP: 'SLOW',
  UNSUBSCRIBE: 'TOO_MUCH',
  'Close codes': 'VERSION TOO_MUCH DRAINING',
  Violations: 'TOO_BIG TOO_BIG HELLO_LATE TOO_MUCH DONE TOO_MUCH TOO_MUCH TOO_MUCH TOO_MUCH',
};

describe('PROTOCOL.md', () => {
  it.each(SECTIONS)('tells under $title no quantity but those of the code', ({ title, text }) => {
    expect(quantitiesOf(proseOf(text))).toEqual(title in TOLD ? told(TOLD[title] ?? '') : []);
  });

  it.each(SECTIONS)('closes under $title with no code but these and 4400', ({ title, text }) => {
    const codes = (CLOSES[title]?.split(' ') ?? []).map(
      (name) => CLOSE_CODES[name as CloseCode].code,
    );
    expect(codesOf(proseOf(text))).toEqual(codes);
  });
});
