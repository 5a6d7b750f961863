import { describe, expect, it } from 'vitest';
import { Ending } from './ending.js';

const FIRST = new Error('first');
const SECOND = new Error('second');

describe('Ending', () => {
  it('throws the first reason only, and nothing before it', () => {
    const ending = new Ending();
    expect(() => ending.throwIfEnded()).not.toThrow();
    ending.end(FIRST);
    ending.end(SECOND);
    expect(() => ending.throwIfEnded()).toThrow(FIRST);
  });

  it('tells each listener once, and none that has stopped', () => {
    const ending = new Ending();
    const log: unknown[] = [];
    ending.listen((reason) => log.push(['kept', reason]));
    ending.listen((reason) => log.push(['stopped', reason]))();
    ending.end(FIRST);
    ending.end(SECOND);
    expect(log).toEqual([['kept', FIRST]]);
  });

  it('gives what comes of a promise, or the reason if that is sooner', async () => {
    const ending = new Ending();
    await expect(ending.orSooner(Promise.resolve(1))).resolves.toBe(1);
    await expect(ending.orSooner(Promise.reject(SECOND))).rejects.toBe(SECOND);
    const late = ending.orSooner(new Promise(() => undefined));
    ending.end(FIRST);
    await expect(late).rejects.toBe(FIRST);
  });
});
