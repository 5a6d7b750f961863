import { describe, expect, it } from 'vitest';
import { FAULTS } from './faults.js';
import { withSimulation } from './run-seeds.js';

const MINUTES_3 = 180_000;

describe('the simulation finds a planted fault:', () => {
  it.each(FAULTS)('$name, within $within seeds', { timeout: MINUTES_3 }, async (fault) => {
    const { output, code } = await withSimulation(fault, (run) =>
      run('--seeds', `${fault.within}`, '--until-failure'),
    );
    const seeds = /^ran ([0-9]+) seeds/m.exec(output)?.[1];
    console.log(`"${fault.name}" is found after ${seeds} seeds:\n${output}`);
    // Found is what a check says; a simulation that cannot even run has found nothing.
    expect(output).toMatch(/breaks a guarantee/);
    expect(code).toBe(1);
  });
});
