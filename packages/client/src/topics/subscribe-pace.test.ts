import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, test } from 'vitest';
import { startLive } from '../../tests/harness.js';
import { record } from '../../tests/readers.js';
import { SubscribePace } from './subscribe-pace.js';

function burst(count: number) {
  const runtime = new VirtualRuntime();
  const pace = new SubscribePace(runtime);
  const sent: number[] = [];
  const takeBack = Array.from({ length: count }, (_, index) => pace.add(() => sent.push(index)));
  return { runtime, pace, sent, takeBack };
}

describe('the pace of SUBSCRIBEs', () => {
  test('lets 1,000 pass at once, and 20 per second in order from then on', async () => {
    const { runtime, pace, sent } = burst(1_100);
    expect(sent).toHaveLength(1_000);
    await runtime.advance(1_000);
    expect(sent).toHaveLength(1_020);
    await runtime.advance(4_000);
    expect(sent).toEqual(Array.from({ length: 1_100 }, (_, index) => index));
    expect(runtime.timers).toBe(0);
    pace.add(() => sent.push(-1));
    await runtime.advance(50);
    expect(sent.at(-1)).toBe(-1);
    pace.stop();
  });

  test('takes back only what was not sent yet', async () => {
    const { runtime, sent, takeBack } = burst(1_002);
    expect(takeBack[999]?.()).toBe(false);
    expect(takeBack[1_000]?.()).toBe(true);
    await runtime.advance(1_000);
    expect(sent).toHaveLength(1_001);
    expect(sent.at(-1)).toBe(1_001);
  });

  test('sends nothing after its end, and leaves no timer', async () => {
    const { runtime, pace, sent } = burst(1_002);
    pace.stop();
    pace.add(() => sent.push(-1));
    expect(runtime.timers).toBe(0);
    await runtime.advance(60_000);
    expect(sent).toHaveLength(1_000);
  });
});

describe('more topics than a server takes at once', () => {
  test('are asked for in their turn, or not at all when they are left before', async () => {
    const { server, runtime, chat } = await startLive();
    const all = Array.from({ length: 1_010 }, (_, index) =>
      record(chat.messages({ room: `${index}` })),
    );
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1_000);
    all[1_004]?.subscription.close();
    await runtime.advance(1_000);
    const subs = server.latest.all('SUBSCRIBE').map(({ sub }) => sub);
    expect(subs).toHaveLength(1_009);
    expect(subs).not.toContain(1_004);
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    for (const { subscription } of all) subscription.close();
    await runtime.advance(1_000);
    const left = server.latest.all('UNSUBSCRIBE').length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(50);
  });
});
