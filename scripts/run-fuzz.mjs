// Reads as many hostile inputs as are asked for:
//   npm run fuzz -- [--inputs 1000000] [--seed 7] [--target batch|superjson|packed|chunks] [--from 0]
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Which part of the inputs each target reads. */
const SHARES = { batch: 0.4, superjson: 0.25, packed: 0.25, chunks: 0.1 };

const HELP = `usage: npm run fuzz -- [flags]

Reads hostile inputs, made from well-formed ones with knowledge of their structure, and checks that
nothing throws, that what is read is inert, and that memory stays within a multiple of the bytes.

  --inputs COUNT   how many, of all targets together (default 1000000)
  --seed SEED      the same seed is the same inputs (default a new one, which is printed)
  --target NAME    one of ${Object.keys(SHARES).join(', ')} (default all)
  --from INDEX     the first input, to replay what a failure has printed (default 0)
  --help           prints this and stops

Exit code: 0 no failure, 1 a failure, 2 wrong command line.`;

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\n\n${HELP}`);
  return process.exit(2);
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        inputs: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        target: { type: 'string' },
        from: { type: 'string', default: '0' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message);
  }
}

const values = readFlags();
if (values.help) {
  console.log(HELP);
  process.exit();
}
const { inputs, seed, target, from } = values;
if (target !== undefined && !Object.hasOwn(SHARES, target)) {
  refuse(`unknown target "${target}": expected ${Object.keys(SHARES).join(', ')}`);
}
for (const [name, value] of Object.entries({ inputs, seed, from })) {
  if (!/^[0-9]{1,15}$/.test(value)) refuse(`--${name} must be a whole number, not "${value}"`);
}
const share = target === undefined ? 1 : SHARES[/** @type {keyof typeof SHARES} */ (target)];
const files = `tests/fuzz/structured/${target === undefined ? '' : `${target}.test.ts`}`;
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, 'run', '--project', 'proof', '--reporter=default', files],
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
