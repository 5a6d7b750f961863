import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { PACKAGES, ROOT, listGeneratorConfigs } from './source-tree.mjs';

// What runs our own code, runs it as it is built.
const BUILD = 'tsc -b tsconfig.build.json';

/** @type {Record<string, string[]>} */
const CHECKS = {
  format: ['oxfmt --check'],
  // With types, and examples take those of packages from what is built.
  lint: [BUILD, 'oxlint'],
  types: ['tsc -b'],
  floors: ['node scripts/check-floors.mjs'],
  edges: ['node scripts/check-edges.mjs'],
  doors: ['node scripts/check-doors.mjs'],
  docs: [
    BUILD,
    'node scripts/write-limits.mjs --check',
    'node scripts/write-conversations.mjs --check',
    'node bench/write-readme.mjs --check',
  ],
  generated: [
    BUILD,
    ...listGeneratorConfigs(ROOT).map((config) => {
      return `node packages/codegen/bin/trunkline.js generate --check --cwd ${dirname(config)}`;
    }),
  ],
  lockfile: ['node scripts/check-lockfile.mjs'],
  unused: ['knip'],
  packages: [
    BUILD,
    'node scripts/check-tarballs.mjs',
    ...PACKAGES.flatMap((name) => [
      `publint run packages/${name} --strict`,
      `attw --pack packages/${name} --profile esm-only -f ascii --no-emoji`,
    ]),
  ],
};

const bin = join(ROOT, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };

/**
 * Runs all commands of a check and prints what the failed ones said.
 * @param {string} name
 */
function runCheck(name) {
  const startedAt = performance.now();
  const failed = (CHECKS[name] ?? []).filter((command) => {
    const { status, stdout, stderr } = spawnSync(command, {
      cwd: ROOT,
      env,
      shell: true,
      encoding: 'utf8',
    });
    if (status !== 0) console.error(`> ${command}\n${stdout}${stderr}`);
    return status !== 0;
  });
  const ok = failed.length === 0;
  return { name, ok, seconds: (performance.now() - startedAt) / 1000 };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`unknown check "${unknown[0]}": expected ${Object.keys(CHECKS).join(', ')}`);
  process.exitCode = 1;
} else {
  const results = (asked.length > 0 ? asked : Object.keys(CHECKS)).map(runCheck);
  for (const { name, ok, seconds } of results) {
    console.log(`${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  ${ok ? 'ok' : 'failed'}`);
  }
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}
