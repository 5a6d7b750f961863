import { describe, expect, it } from 'vitest';
import { IdleSuspicion } from './idle-suspicion.js';

function after(...silences: readonly number[]): IdleSuspicion {
  const suspicion = new IdleSuspicion();
  for (const silence of silences) suspicion.cutAfter(silence);
  return suspicion;
}

describe('IdleSuspicion', () => {
  it('suspects the shortest of three silences that agree, and wants pings at half of it', () => {
    const suspicion = after(10_200, 10_000, 10_400);
    expect(suspicion.suspectedMs).toBe(10_000);
    expect(suspicion.wishMs).toBe(5_000);
  });

  it.each([
    ['two alone', [10_000, 10_000]],
    ['silences that lie apart', [10_000, 14_000, 10_000]],
    ['silences that are too short for a time-out', [500, 500, 500, 1_999]],
    ['cuts of connections that are in use', [0, 3, 1, 0, 2]],
  ])('suspects nothing of %s', (_title, silences) => {
    expect(after(...silences)).toMatchObject({ suspectedMs: undefined, wishMs: undefined });
  });

  it('looks at the last three', () => {
    expect(after(3_000, 30_000, 10_000, 10_000, 10_100).suspectedMs).toBe(10_000);
  });

  it('takes cuts of connections in use for no sign of anything', () => {
    expect(after(10_000, 1, 10_000, 7, 10_000).suspectedMs).toBe(10_000);
  });

  it('goes lower, and never higher again', () => {
    const suspicion = after(10_000, 10_000, 10_000);
    for (const silence of [6_000, 6_000, 6_000]) suspicion.cutAfter(silence);
    expect(suspicion.suspectedMs).toBe(6_000);
    for (const silence of [12_000, 12_000, 12_000]) suspicion.cutAfter(silence);
    expect(suspicion.suspectedMs).toBe(6_000);
  });
});
