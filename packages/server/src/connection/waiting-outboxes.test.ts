import { describe, expect, it } from 'vitest';
import { WaitingOutboxes } from './waiting-outboxes.js';

function rig(maxBytes: number) {
  const outboxes = new WaitingOutboxes(maxBytes);
  const closed: string[] = [];
  const connect = (name: string) => ({
    tooSlow(): void {
      closed.push(name);
      outboxes.weigh(this, 0);
    },
  });
  return { outboxes, closed, connect };
}

describe('WaitingOutboxes', () => {
  it('counts what waits for each connection as it is now', () => {
    const { outboxes, closed, connect } = rig(100);
    const [a, b] = [connect('a'), connect('b')];
    outboxes.weigh(a, 60);
    outboxes.weigh(b, 40);
    outboxes.weigh(a, 30);
    expect(outboxes.bytes).toBe(70);
    outboxes.weigh(a, 0);
    outboxes.weigh(b, 0);
    expect(outboxes.bytes).toBe(0);
    expect(closed).toEqual([]);
  });

  it('closes the longest until the rest fits', () => {
    const { outboxes, closed, connect } = rig(100);
    const [a, b, c] = [connect('a'), connect('b'), connect('c')];
    outboxes.weigh(a, 40);
    outboxes.weigh(b, 50);
    outboxes.weigh(c, 10);
    expect(closed).toEqual([]);
    outboxes.weigh(c, 11);
    expect(closed).toEqual(['b']);
    expect(outboxes.bytes).toBe(51);
    outboxes.weigh(c, 101);
    expect(closed).toEqual(['b', 'c']);
    expect(outboxes.bytes).toBe(40);
  });
});
