import type { Figures } from './tick-reader.js';

/** Says in words what a reader saw of a range of ticks. */
export function verdictOf({ lost, doubled, outOfOrder, maxMs }: Figures): string {
  const parts = [
    lost === 0 ? 'none lost' : `${lost} lost`,
    doubled === 0 ? '' : `${doubled} twice`,
    outOfOrder === 0 ? 'in order' : `${outOfOrder} out of order`,
    maxMs === undefined ? '' : `up to ${millisecondsText(maxMs)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Writes a delay; a dash where there is none. */
export function millisecondsText(value: number | undefined): string {
  return value === undefined ? '-' : `${countText(Math.round(value))} ms`;
}

/** Writes a number with its thousands apart. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
}
