import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand, readOutcome } from './run-runtimes.mjs';
import { RUNTIMES, refusePlatform } from './runtime-list.mjs';
import { runProgram, runUntilDone, startServer } from './runtime-process.mjs';
import { terminalTable, writeTable } from './runtime-table.mjs';
import { ROOT } from './source-tree.mjs';

const [NODE20] = RUNTIMES.filter(({ name }) => name === 'node20');
const PAGE = readFileSync(join(ROOT, 'docs', 'runtimes.md'), 'utf8');

/** @type {import('./runtime-table.mjs').Outcome} */
const OUTCOME = {
  title: 'Node 20',
  version: '20.20.2',
  webSocket: 'ws',
  passed: 9,
  cases: 10,
  seconds: 1.25,
  faults: ['one'],
};

/** @type {(code: string, timeoutMs?: number) => import('./runtime-process.mjs').Program} */
const programOf = (code, timeoutMs = 20_000) => {
  const args = ['--input-type=module', '--eval', code];
  return { command: process.execPath, args, cwd: tmpdir(), timeoutMs, endMs: 200 };
};

describe('the command line', () => {
  it('takes all runtimes, or those that are named in the order of the list', () => {
    expect(parseCommand([])).toEqual({ runtimes: RUNTIMES, isHelp: false, isWrite: false });
    const { runtimes } = parseCommand(['deno', 'node22']);
    expect(runtimes.map(({ name }) => name)).toEqual(['node22', 'deno']);
    expect(parseCommand(['--write']).isWrite).toBe(true);
    expect(parseCommand(['--help']).isHelp).toBe(true);
  });

  it.each([
    [['node19'], 'unknown runtime "node19": expected node20, '],
    [['bun', '--write'], 'option "--write" needs all runtimes'],
    [['--all'], "Unknown option '--all'"],
  ])('refuses %s', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });

  it('refuses platforms for which there are no binaries', () => {
    expect(refusePlatform('linux', 'x64')).toBeUndefined();
    expect(refusePlatform('darwin', 'arm64')).toContain('this is "darwin arm64"');
  });
});

describe('an outcome', () => {
  const good = ['a warning', '{"name":"a","ok":true,"ms":1}', '{"cases":1,"webSocket":"ws"}'];
  /** @type {(lines: readonly string[], verdict?: string) => readonly string[]} */
  const faultsOf = (lines, verdict = '') => {
    const ended = { lines, output: 'all of it', verdict, seconds: 1 };
    return readOutcome(/** @type {any} */ (NODE20), ended).faults;
  };

  it('is good when all cases pass and the process ends well', () => {
    expect(faultsOf(good)).toEqual([]);
  });

  it('names the cases that failed', () => {
    const failed = '{"name":"b","ok":false,"error":"no","ms":1}';
    expect(faultsOf([failed, ...good], 'exit 1')).toEqual([
      'b: no',
      'the process: exit 1',
      'all of it',
    ]);
    const outcome = { lines: [failed, ...good], output: '', verdict: '', seconds: 1 };
    expect(readOutcome(/** @type {any} */ (NODE20), outcome)).toMatchObject({ passed: 1 });
  });

  it.each([
    ['a run that broke off', good.slice(0, 2), '', 'it has not run to its end'],
    ['a process that hangs', good, 'it did not end by itself', 'the process: it did not'],
    ['another WebSocket', [...good.slice(0, 2), '{"cases":1,"webSocket":"global"}'], '', 'took'],
  ])('tells of %s', (_what, lines, verdict, fault) => {
    expect(faultsOf(lines, verdict)).toEqual([expect.stringContaining(fault), 'all of it']);
  });
});

describe('the table', () => {
  it('is printed in columns', () => {
    expect(terminalTable([OUTCOME])).toBe(
      [
        'runtime  version  WebSocket  cases passed  seconds',
        'Node 20  20.20.2  ws         9 of 10       1.3',
      ].join('\n'),
    );
  });

  it('replaces what stands between the markers of the page, and nothing else', () => {
    const page = writeTable(PAGE, [OUTCOME]);
    expect(page).toContain('\n| Node 20 | 20.20.2 | ws | 9 of 10 |\n\n<!-- end -->');
    expect(page).not.toContain('| Deno | 2');
    const [before, after] = ['<!-- written', '<!-- end -->'].map((part) => PAGE.indexOf(part));
    expect(page.startsWith(PAGE.slice(0, before))).toBe(true);
    expect(page.endsWith(PAGE.slice(after))).toBe(true);
    expect(() => writeTable('# a page', [])).toThrow('the page has no "<!-- written');
  });

  it.each(RUNTIMES)('of docs/runtimes.md has $title in the version that is tested', (runtime) => {
    const { title, version, webSocket } = runtime;
    expect(PAGE).toMatch(
      new RegExp(`\\| ${title} \\| ${version} \\| ${webSocket} \\| (\\d+) of \\1 `),
    );
  });
});

describe('a program', () => {
  it('gives what it printed, and fails with it', async () => {
    expect(await runProgram(programOf('console.log(7)'))).toBe('7\n');
    const failing = programOf('console.error(7); process.exit(3)');
    await expect(runProgram(failing)).rejects.toThrow(/exit 3\n7/);
  });

  it.each([
    ['', 'console.log("done")', 20_000],
    ['it did not end by itself', 'console.log("done"); setInterval(Date, 50)', 20_000],
    ['killed after 0.5 s', 'setInterval(Date, 50)', 500],
  ])('ends with the verdict "%s" for %s', async (verdict, code, timeoutMs) => {
    const ended = await runUntilDone(programOf(code, timeoutMs), (line) => line === 'done');
    expect(ended.verdict).toBe(verdict);
  });

  it('is stopped by a signal', async () => {
    const stop = new AbortController();
    const program = { ...programOf('setInterval(Date, 50)'), signal: stop.signal };
    const ended = runUntilDone(program, () => false);
    stop.abort();
    await expect(ended).rejects.toThrow('aborted');
  });
});

describe('a server', () => {
  const serving = 'const timer = setInterval(Date, 50); console.log("[7]");';

  it('is asked to end, and has to do it by itself', async () => {
    const polite = await startServer(
      programOf(`process.once('SIGTERM', () => clearInterval(timer)); ${serving}`),
    );
    expect(polite.ports).toEqual([7]);
    expect((await polite.stop()).verdict).toBe('');
    const stubborn = await startServer(programOf(`process.on('SIGTERM', Date); ${serving}`));
    expect((await stubborn.stop()).verdict).toBe('it did not end by itself');
  });

  it('that does not start fails with what it said', async () => {
    const failing = startServer(programOf('throw new Error("no port")'));
    await expect(failing).rejects.toThrow(/the server did not start: exit 1[^]*no port/);
  });
});
