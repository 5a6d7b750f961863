import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, plant } from './plant.js';
import { bundleProgram, runSuiteWithFault, type PlantedFault } from './planted-fault.js';

const DUPLICATES: PlantedFault = {
  name: 'duplicates are taken as new',
  file: 'packages/protocol/src/session/positions.ts',
  find: 'if (number <= this.rx) return false;',
  replace: '',
};
const SUITE = 'packages/protocol/src/session/link.test.ts';

describe('a planted fault', () => {
  it('replaces a snippet that is there once', () => {
    expect(plant({ ...DUPLICATES, find: 'b', replace: '$1' }, 'abc')).toBe('a$1c');
  });

  it.each(['ac', 'abcb'])(
    'refuses the source %j, where the snippet is not there once',
    (source) => {
      expect(() => plant({ ...DUPLICATES, find: 'b' }, source)).toThrow(/needs once/);
    },
  );

  it('makes a suite fail that passes without it', { timeout: 60_000 }, async () => {
    const [sound, broken] = await Promise.all([
      runSuiteWithFault(undefined, SUITE),
      runSuiteWithFault(DUPLICATES, SUITE),
    ]);
    expect(sound.failed).toEqual([]);
    expect(sound.passed).not.toEqual([]);
    expect(broken.failed).not.toEqual([]);
    expect(broken.messages).not.toBe('');
  });

  it('is an error where a suite never loads the file', { timeout: 60_000 }, async () => {
    const elsewhere = {
      ...DUPLICATES,
      file: 'packages/client/src/connection/backoff.ts',
      find: 'range.maxMs,',
    };
    await expect(runSuiteWithFault(elsewhere, SUITE)).rejects.toThrow(/never loads/);
  });

  it('is in the bundle of a program', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-fault-'));
    try {
      const entry = join(folder, 'program.ts');
      const program = join(folder, 'program.mjs');
      const source = join(ROOT, 'packages/protocol/src/session/positions.ts');
      await writeFile(
        entry,
        `import { Positions } from ${JSON.stringify(source)};
        const positions = new Positions();
        console.log(positions.take(1), positions.take(1));`,
      );
      const printed: string[] = [];
      for (const fault of [undefined, DUPLICATES]) {
        await bundleProgram(entry, program, fault);
        printed.push(execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim());
      }
      expect(printed).toEqual(['true false', 'true true']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
