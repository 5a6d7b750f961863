import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('nearestName', () => {
  const names = ['callsInFlight', 'callEnded', 'callStarted', 'depth'];

  it.each([
    ['callInFlight', 'callsInFlight'],
    ['callended', 'callEnded'],
    ['onCallEnded', 'callEnded'],
    ['dept', 'depth'],
  ])('finds for "%s" the name "%s"', (given, expected) => {
    expect(nearestName(given, names)).toBe(expected);
  });

  it.each(['', 'x', 'call', 'watch', '__proto__'])('finds nothing near "%s"', (given) => {
    expect(nearestName(given, names)).toBeUndefined();
  });
});
