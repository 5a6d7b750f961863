import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readConversations, type Conversation } from './conversation.js';
import { judgeClient } from './verdict.js';

const ALL = readConversations();
const MOST_MS = 30_000;
const WRONG = fileURLToPath(new URL('wrong-client.fixture.mjs', import.meta.url));

function conversation(name: string): Conversation {
  const found = ALL.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no conversation "${name}"`);
  return found;
}

function judge(fault: string, name: string): Promise<string | undefined> {
  const command = `${process.execPath} ${WRONG} ${fault}`;
  return judgeClient(command, conversation(name), ALL).then((verdict) => verdict.fault);
}

describe.concurrent('judgeClient', () => {
  it.each([
    ['silent', 'connect', 'the program did not connect'],
    ['crash', 'connect', 'the program ended with 1'],
    ['prints', 'connect', 'the program printed {"result":"nothing"}, expected {"welcome":true}'],
    ['code', 'connect', 'the program ended with 3'],
    ['text', 'connect', 'the peer sent a text message'],
    ['overdraw', 'upload', 'the peer sent item 16 of id 0 without credit'],
    ['claims', 'connect', 'expected close 1000, got 4400'],
    ['deadline', 'deadline', 'CALL: deadlineMs is 1, expected 20 to 100'],
    ['hash', 'deadline', 'named the packed layout ffffffffffffffff, though nothing is ever packed'],
    ['greedy', 'few-calls', 'made 3 calls at a time, at most 2 are allowed'],
    ['shrinks', 'download', 'shrank the credit of id 0 from 64 items and 262144 bytes to 96'],
    ['deaf', 'duplicate-down', 'expected an acknowledgement, and none came in time'],
    ['stubborn', 'refused', 'the program connected once more than it should'],
    ['endless', 'connect', 'the program printed more than 65536 bytes'],
  ])(
    'finds what is wrong in a wrong client: %s',
    async (fault, name, words) => {
      expect(await judge(fault, name)).toContain(words);
    },
    MOST_MS,
  );

  it('finds nothing in a client that connects and leaves', { timeout: MOST_MS }, async () => {
    expect(await judge('none', 'connect')).toBeUndefined();
  });

  it('says of a conversation for which a feature is not set that it was not held', async () => {
    const command = `${process.execPath} ${WRONG} none`;
    expect(await judgeClient(command, conversation('asked'), ALL)).toEqual({
      name: 'asked',
      fault: undefined,
      isPassedOver: true,
    });
  });

  it('does not show all of a long line', { timeout: MOST_MS }, async () => {
    const fault = await judge('long', 'connect');
    expect(fault).toContain(`the program printed ${'z'.repeat(200)}…`);
    expect(fault?.length).toBeLessThan(1_000);
  });

  it('is not kept by what a program has started', { timeout: MOST_MS }, async () => {
    expect(await judge('forks', 'connect')).toBeUndefined();
  });

  it('says that there is no such program', async () => {
    const { fault } = await judgeClient('no-such-program', conversation('connect'), ALL);
    expect(fault).toContain('ENOENT');
  });
});
