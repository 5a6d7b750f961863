import { readConversations, type Conversation } from './conversation.js';
import { judgeClientWithHostileBatches, judgeServerWithHostileBatches } from './hostile-batches.js';
import { judgeAll } from './judge-all.js';
import { readOptions } from './options.js';
import { describe, type ExitCode } from './report.js';
import { createProbeServer } from './server.js';
import { judgeClient, judgeServer } from './verdict.js';

const USAGE = `Puts a peer into the conversations of PROTOCOL.md.

  npm run conformance                        our server and our client
  npm run conformance -- --url <ws://…>      a server of the contract "probe"
  npm run conformance -- --client <command>  a client: started as <command> <conversation> <url>

  --only <names>   these conversations, separated by commas
  --list           lists the conversations
  --help           this text

Ends with 0 when all went well, with 1 when something did not, and with 2 when it was asked for what it
cannot do. A command is split at its blanks. Servers with a certificate of their own authority are
taken when NODE_EXTRA_CA_CERTS names its file.

tests/conformance/README.md says what the server must offer and what the client must do.`;

const OUR_CLIENT = `${process.execPath} ${new URL('client-program.js', import.meta.url).pathname}`;

const ALL = readConversations();

async function main(): Promise<ExitCode> {
  const { url, client, isOurs, chosen, list, help } = readOptions(process.argv.slice(2), ALL);
  if (help) return say(USAGE);
  if (list) return say(ALL.map(describe).join('\n'));
  const codes: ExitCode[] = [0];
  if (url !== undefined) codes.push(await judgeServerAt(url, chosen));
  if (isOurs) codes.push(await judgeOurServer(chosen));
  const command = client ?? (isOurs ? OUR_CLIENT : undefined);
  if (command !== undefined) codes.push(await judgeClientOf(command, chosen));
  return Math.max(...codes) as ExitCode;
}

async function judgeOurServer(chosen: readonly Conversation[]): Promise<ExitCode> {
  const server = createProbeServer({ onError: () => undefined });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  try {
    return await judgeServerAt(`ws://127.0.0.1:${port}`, chosen);
  } finally {
    await server.close();
  }
}

async function judgeServerAt(url: string, chosen: readonly Conversation[]): Promise<ExitCode> {
  console.log(`server at ${url}`);
  const due = chosen.filter(({ tests }) => tests.includes('server'));
  return judgeAll(due, {
    judge: (conversation) => judgeServer(url, conversation, ALL),
    hostile: () => judgeServerWithHostileBatches(url),
    isWhole: chosen.length === ALL.length,
  });
}

async function judgeClientOf(command: string, chosen: readonly Conversation[]): Promise<ExitCode> {
  console.log(`client ${command}`);
  const due = chosen.filter(({ tests }) => tests.includes('client'));
  return judgeAll(due, {
    judge: (conversation) => judgeClient(command, conversation, ALL),
    hostile: () => judgeClientWithHostileBatches(command, ALL),
    isWhole: chosen.length === ALL.length,
  });
}

function say(text: string): 0 {
  console.log(text);
  return 0;
}

// Programs under test run in groups of their own, and end with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
