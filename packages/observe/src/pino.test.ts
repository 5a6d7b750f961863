import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logTo, type LogOptions } from './pino.js';

const HIT = { limit: 'callsInFlight', reaction: 'BUSY', session: 's1' };
const [DEBUG, WARN] = [20, 40];

function openLog(options: LogOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let now = 0;
  const runtime = { now: () => now };
  return {
    lines,
    observer: logTo(pino({ level: 'debug' }, stream), { runtime, ...options }),
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
      { level: WARN, limit: 'callsInFlight' },
      { level: WARN, limit: 'callsInFlight', leftOut: 999 },
      { level: WARN, limit: 'publishRate' },
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
      { level: DEBUG, code: 3000, connection: 7 },
      { level: WARN, code: 4400, reason: 'bad batch head', remoteAddress: '10.0.0.1' },
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
