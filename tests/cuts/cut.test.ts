import { expect, it } from 'vitest';
import { formatCuts, parseCuts, type Cuts } from './cut.js';

const CUTS: Cuts = [
  { direction: 'up', at: 12, how: 'rst' },
  undefined,
  { direction: 'down', at: 0, how: 'blackout' },
];

it('reads cuts as they are written', () => {
  expect(formatCuts(CUTS)).toBe('--at 12,-,0 --direction up,-,down --how rst,-,blackout');
  expect(parseCuts('12,-,0', 'up,-,down', 'rst,-,blackout')).toEqual(CUTS);
});

it.each([
  ['x', 'up', 'rst', /"--at" must be whole numbers/],
  ['1', 'left', 'rst', /unknown direction "left": expected one of up, down/],
  ['1,2', 'up', 'rst,rst', /unknown direction ""/],
  [
    '1',
    'up',
    'bang',
    /unknown way to cut "bang": expected one of fin, rst, silence, blackout, late, stray/,
  ],
])('refuses %s %s %s', (at, direction, how, message) => {
  expect(() => parseCuts(at, direction, how)).toThrow(message);
});
