import { describe, expect, it } from 'vitest';
import { failuresTo, logTo, type Log, type LogOptions } from './pino.js';

const HIT = { limit: 'callsInFlight', reaction: 'BUSY', session: 's1' };

describe('the log of failures', () => {
  it('has the text of a warning, and no stack', () => {
    const lines: unknown[] = [];
    const log = { debug: unseen, info: unseen, warn: seen('warn'), error: seen('error') };
    function seen(level: string) {
      return (fields: object, text: string) => void lines.push([level, fields, text]);
    }
    function unseen(): never {
      throw new Error('a line was made');
    }
    const error = Object.assign(new Error('looser than the limits'), { name: 'Warning' });
    failuresTo(log)({ error, where: 'acceptor' });
    failuresTo(log)({ error: new TypeError('broken'), where: 'handler', id: 'e1' });
    expect(lines).toEqual([
      ['warn', { event: 'failure', where: 'acceptor', id: undefined }, 'looser than the limits'],
      ['error', expect.objectContaining({ event: 'failure', id: 'e1' }), 'handler failed'],
    ]);
  });
});

function openLog(options: LogOptions = {}) {
  const lines: object[] = [];
  const write = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  let now = 0;
  const runtime = { now: () => now };
  return {
    lines,
    observer: logTo(log, { runtime, ...options }),
    pass: (ms: number) => void (now += ms),
  };
}

describe('the log of an observer', () => {
  it('has one line in a while of refusals that are alike', () => {
    const { lines, observer, pass } = openLog({ repeatMs: 1_000 });
    for (let i = 0; i < 1_000; i++) observer.limitHit?.(HIT);
    pass(1_000);
    observer.limitHit?.(HIT);
    observer.limitHit?.({ ...HIT, limit: 'publishRate', reaction: 'RATE' });
    expect(lines).toMatchObject([
      { level: 'warn', limit: 'callsInFlight' },
      { level: 'warn', limit: 'callsInFlight', leftOut: 999 },
      { level: 'warn', limit: 'publishRate' },
    ]);
  });

  it('does not repeat what a peer says of its own close', () => {
    const { lines, observer } = openLog();
    const connection = { number: 7, remoteAddress: '10.0.0.1', origin: undefined };
    const closed = { connection, session: 's1', code: 3000, reason: 'canary', ms: 5 };
    observer.connectionClosed?.({ ...closed, by: 'peer' });
    const broken = { code: 4400, reason: 'bad batch head' };
    observer.connectionClosed?.({ ...closed, ...broken, by: 'server' });
    expect(lines).toMatchObject([
      { level: 'debug', code: 3000, connection: 7 },
      { level: 'warn', code: 4400, reason: 'bad batch head', remoteAddress: '10.0.0.1' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('makes no lines of calls that nobody would see', () => {
    const asked: string[] = [];
    const unexpected = (): never => {
      throw new Error('a line was made');
    };
    const isLevelEnabled = (level: string): boolean => {
      asked.push(level);
      return false;
    };
    const log = { debug: unexpected, info: unexpected, warn: unexpected, error: unexpected };
    const call = { session: 's1', procedure: 'shop.order', kind: 'call' } as const;
    const sizes = { bytesIn: 1, bytesOut: 1, itemsIn: 0, itemsOut: 0, idempotency: undefined };
    const ended = { call, code: 'OK', executed: 'yes', ms: 1, handlerMs: 1, ...sizes } as const;
    logTo({ ...log, isLevelEnabled }).callEnded?.(ended);
    expect(asked).toEqual(['debug']);
  });
});
