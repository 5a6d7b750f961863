// Writes docs/limits.md from the tables in the code; with --check it only tells whether it is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { listClientLimits } from '@trunkline/client/testing';
import { DECODE_LIMITS, WIRE_LIMITS } from '@trunkline/protocol';
import { MEMORY_BROKER_LIMITS, SERVER_LIMITS } from '@trunkline/server';

const FILE = fileURLToPath(new URL('../docs/limits.md', import.meta.url));

const INTRODUCTION = `# Limits

Everything that a peer can make grow has a limit. Those of a server are options of the same name,
\`createServer({ limits: { callsInFlight: 64 } })\`, and \`server.limits.list()\` gives them all with
the values that hold. Those of the memory broker are options of \`new MemoryBroker({ limits })\`; a
server that makes its own broker lists them too. Those of a client are options of \`connect\`, and
\`listClientLimits()\` of \`@trunkline/client/testing\` gives them. Each row has a \`reaction\` as well, what the other side sees of
more than the limit, for programs: \`{ kind: 'close', code: 4429 }\`, or a kind \`http\`, \`error\`,
\`gone\`, \`cut\` or \`none\`. This page is written from the same tables: \`node scripts/write-limits.mjs\`.

Values that make no sense, such as 0 for most, and values that contradict each other are refused where
a server, a broker or a client is made. An HTTP server of yours that is given to \`mount()\` keeps its own
settings; \`onError\` is told once which of them are looser than these limits.
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

/** @param {boolean} isFixed */
const ofServer = (isFixed) =>
  Object.fromEntries(
    Object.entries(SERVER_LIMITS).filter(([, entry]) => 'isFixed' in entry === isFixed),
  );

const text =
  INTRODUCTION +
  section('The wire, both sides', WIRE_LIMITS) +
  section('One decoded value', DECODE_LIMITS) +
  section('A server', ofServer(false)) +
  section('Parts of the wire and of formats, which are no options', ofServer(true)) +
  section('The memory broker', MEMORY_BROKER_LIMITS) +
  section('A client', Object.fromEntries(listClientLimits().map((row) => [row.name, row])));

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
