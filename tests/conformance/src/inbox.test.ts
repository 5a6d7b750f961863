import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.js';

describe('Inbox', () => {
  it('gives what comes in its order, whether somebody waits or not', async () => {
    const inbox = new Inbox<number>();
    const first = inbox.next(60_000);
    inbox.put(1);
    inbox.put(2);
    expect([await first, await inbox.next(60_000)]).toEqual([1, 2]);
  });

  it('tells who waits, and who asks later, that nothing comes any more', async () => {
    const inbox = new Inbox<number>();
    const waiting = inbox.next(60_000);
    inbox.close();
    expect(await waiting).toBeUndefined();
    expect(await inbox.next(60_000)).toBeUndefined();
  });

  it('gives what had come before it was closed', async () => {
    const inbox = new Inbox<number>();
    inbox.put(1);
    inbox.close();
    expect(await inbox.next(60_000)).toBe(1);
  });
});
