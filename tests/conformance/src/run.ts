import { readConversations, type Conversation, type Side } from './conversation.js';
import { judgeClientWithHostileBatches, judgeServerWithHostileBatches } from './hostile-batches.js';
import { readOptions } from './options.js';
import { createProbeServer } from './server.js';
import { judgeClient, judgeServer, type Verdict } from './verdict.js';

const USAGE = `Puts a peer into the conversations of PROTOCOL.md.

  npm run conformance                        our server and our client
  npm run conformance -- --url <ws://…>      a server of the contract "probe"
  npm run conformance -- --client <command>  a client: started as <command> <conversation> <url>

  --only <names>   these conversations, separated by commas
  --list           lists the conversations
  --help           this text

tests/conformance/README.md says what the server must offer and what the client must do.`;

const OUR_CLIENT = `${process.execPath} ${new URL('client-program.js', import.meta.url).pathname}`;
/** Conversations that are held with a peer at a time; some of them wait for a time-out. */
const AT_A_TIME = 4;

const ALL = readConversations();

async function main(): Promise<boolean> {
  const { url, client, isOurs, chosen, list, help } = readOptions(process.argv.slice(2), ALL);
  if (help) return say(USAGE);
  if (list) return say(ALL.map(describe).join('\n'));
  let passed = true;
  if (url !== undefined) passed = (await judgeServerAt(url, chosen)) && passed;
  if (isOurs) passed = (await judgeOurServer(chosen)) && passed;
  const command = client ?? (isOurs ? OUR_CLIENT : undefined);
  if (command !== undefined) passed = (await judgeClientOf(command, chosen)) && passed;
  return passed;
}

async function judgeOurServer(chosen: readonly Conversation[]): Promise<boolean> {
  const server = createProbeServer({ onError: () => undefined });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  try {
    return await judgeServerAt(`ws://127.0.0.1:${port}`, chosen);
  } finally {
    await server.close();
  }
}

async function judgeServerAt(url: string, chosen: readonly Conversation[]): Promise<boolean> {
  console.log(`server at ${url}`);
  const due = chosen.filter(({ tests }) => tests.includes('server'));
  const passed = await judgeAll(due, (conversation) => judgeServer(url, conversation, ALL));
  if (chosen.length < ALL.length) return passed;
  const hostile = await judgeServerWithHostileBatches(url);
  console.log(hostile.summary);
  return passed && hostile.passed;
}

/** Holds conversations side by side, and tells of them in their order. */
async function judgeAll(
  due: readonly Conversation[],
  judge: (conversation: Conversation) => Promise<Verdict>,
): Promise<boolean> {
  const verdicts = new Map<string, Verdict>();
  const queue = [...due];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      verdicts.set(next.name, await judge(next));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  const passed = due.map((conversation) => report(conversation, verdicts.get(conversation.name)));
  const over = [...verdicts.values()].filter(({ isPassedOver }) => isPassedOver).length;
  if (over > 0) console.log(`  ${over} passed over, for a feature that the peer did not set`);
  return passed.every(Boolean);
}

async function judgeClientOf(command: string, chosen: readonly Conversation[]): Promise<boolean> {
  console.log(`client ${command}`);
  const due = chosen.filter(({ tests }) => tests.includes('client'));
  const passed = await judgeAll(due, (conversation) => judgeClient(command, conversation, ALL));
  if (chosen.length < ALL.length) return passed;
  const hostile = await judgeClientWithHostileBatches(command, ALL);
  console.log(hostile.summary);
  return passed && hostile.passed;
}

function report(conversation: Conversation, verdict: Verdict | undefined): boolean {
  const fault = verdict?.fault;
  const mark = fault !== undefined ? 'FAIL' : verdict?.isPassedOver ? 'over' : 'ok  ';
  console.log(`  ${mark} ${describe(conversation)}`);
  if (fault !== undefined) console.log(fault.replaceAll(/^/gm, '       '));
  return fault === undefined;
}

function describe({ number, name, title, tests }: Conversation): string {
  const sides: readonly Side[] = tests;
  return `${String(number).padStart(2)} ${name.padEnd(16)} ${title} (${sides.join(', ')})`;
}

function say(text: string): true {
  console.log(text);
  return true;
}

// Programs under test run in groups of their own, and end with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
