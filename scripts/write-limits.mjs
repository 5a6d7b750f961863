// Writes docs/limits.md from the tables in the code; with --check it only tells whether it is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DECODE_LIMITS, WIRE_LIMITS } from '@trunkline/protocol';
import { MEMORY_BROKER_LIMITS, SERVER_LIMITS } from '@trunkline/server';

const FILE = fileURLToPath(new URL('../docs/limits.md', import.meta.url));

const INTRODUCTION = `# Limits

Everything that a peer can make grow has a limit. Those of a server are options of the same name,
\`createServer({ limits: { callsInFlight: 64 } })\`, and \`server.limits.list()\` gives them all with
the values that hold. Those of the memory broker are options of \`new MemoryBroker({ limits })\`; a
server that makes its own broker lists them too. This page is written from the same tables:
\`node scripts/write-limits.mjs\`.
`;

/** @param {string} title @param {import('@trunkline/protocol').LimitTable} table */
function section(title, table) {
  const rows = Object.entries(table).map(
    ([name, { value, unit, scope, onExcess, reason }]) =>
      `| \`${name}\` | ${value.toLocaleString('en-US')} ${unit} | ${scope} | ${onExcess} | ${reason} |`,
  );
  const head = '| name | default | for each | more than it gets | why |\n|---|---|---|---|---|';
  return `\n## ${title}\n\n${head}\n${rows.join('\n')}\n`;
}

const text =
  INTRODUCTION +
  section('The wire, both sides', WIRE_LIMITS) +
  section('One decoded value', DECODE_LIMITS) +
  section('A server', SERVER_LIMITS) +
  section('The memory broker', MEMORY_BROKER_LIMITS);

if (process.argv.includes('--check')) {
  let written = '';
  try {
    written = readFileSync(FILE, 'utf8');
  } catch {
    // A file that is not there is stale.
  }
  if (written !== text) {
    console.error('docs/limits.md is stale: run node scripts/write-limits.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
