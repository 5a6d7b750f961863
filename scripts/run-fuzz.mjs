// Reads as many hostile inputs as are asked for:
//   npm run fuzz -- [--inputs 1000000] [--seed 7] [--target batch|superjson|packed|chunks] [--from 0]
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Which part of the inputs each target reads. */
const SHARES = { batch: 0.4, superjson: 0.25, packed: 0.25, chunks: 0.1 };

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    target: { type: 'string' },
    from: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    `npm run fuzz -- [--inputs 1000000] [--seed 7] [--target ${Object.keys(SHARES).join('|')}] [--from 0]`,
  );
  process.exit();
}
const { inputs, seed, target, from } = values;
if (target !== undefined && !Object.hasOwn(SHARES, target)) {
  throw new TypeError(`unknown target "${target}": expected ${Object.keys(SHARES).join(', ')}`);
}
const share = target === undefined ? 1 : SHARES[/** @type {keyof typeof SHARES} */ (target)];
const files = `tests/fuzz/structured/${target === undefined ? '' : `${target}.test.ts`}`;
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, 'run', '--project', 'node', '--reporter=default', files],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      TRUNKLINE_SEED: seed,
      TRUNKLINE_FUZZ_INPUTS: String(Math.round(Number(inputs) / share)),
      TRUNKLINE_FUZZ_FROM: from,
    },
  },
);
child.on('exit', (code) => {
  console.log(`seed ${seed}: ${code === 0 ? 'no failure' : 'failed'}`);
  process.exitCode = code ?? 1;
});
