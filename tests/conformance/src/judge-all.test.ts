import { describe, expect, it } from 'vitest';
import { readConversations } from './conversation.js';
import { judgeAll, type Trial } from './judge-all.js';
import type { Verdict } from './verdict.js';

const DUE = readConversations().slice(0, 6);
const [FIRST, SECOND, THIRD] = DUE.map(({ name }) => name) as [string, string, string];

/** Judges conversations as a table says, the others as gone well. */
async function judge(
  verdicts: Readonly<Record<string, Partial<Verdict>>>,
  more: Partial<Trial> = {},
) {
  const lines: string[] = [];
  const tried: string[] = [];
  const code = await judgeAll(
    DUE,
    {
      judge: ({ name }) => {
        tried.push(name);
        return Promise.resolve({ name, fault: undefined, isPassedOver: false, ...verdicts[name] });
      },
      hostile: () => Promise.resolve({ passed: true, summary: '  all closed', sections: [] }),
      isWhole: true,
      ...more,
    },
    (line) => lines.push(line),
  );
  return { code, tried, told: lines.join('\n') };
}

describe('judgeAll', () => {
  it('tells of all conversations, and of malformed batches', async () => {
    const { code, told } = await judge({});
    expect(code).toBe(0);
    expect(told).toContain('all closed');
    expect(told).toContain('6 of 6 conversations');
  });

  it('says which section was broken', async () => {
    const fault = 'the peer acknowledged 0 of 2 messages in time\nat: RESULT of 0';
    const { code, told } = await judge({ [SECOND]: { fault }, [THIRD]: { fault: 'odd' } });
    expect(code).toBe(1);
    expect(told).toContain('rule: PROTOCOL.md, "Numbers and acknowledgements"');
    expect(told).toContain('Numbers and acknowledgements: 2 call');
    expect(told).toContain('3. A call that fails as it declares: 3 error');
    expect(told).toContain('4 of 6 conversations');
  });

  it('passes over what the peer has not set the features for', async () => {
    const { code, told } = await judge({ [SECOND]: { isPassedOver: true } });
    expect(code).toBe(0);
    expect(told).toContain('over  2 call');
    expect(told).toContain('5 of 5 conversations, 1 passed over');
  });

  it('tries nothing else when the first conversation goes wrong', async () => {
    const { code, tried, told } = await judge({ [FIRST]: { fault: 'no WELCOME' } });
    expect(code).toBe(1);
    expect(tried).toEqual([FIRST]);
    expect(told).toContain(`5 were not tried, since "${FIRST}" went wrong`);
    expect(told).not.toContain('all closed');
  });

  it('breaks no rule where nobody is there', async () => {
    const { code, told } = await judge({ [FIRST]: { fault: 'ECONNREFUSED', isGone: true } });
    expect(code).toBe(2);
    expect(told).toContain('5 were not tried, since the peer is not there');
    expect(told).not.toContain('rule:');
  });

  it('stops when the peer goes away in the middle', async () => {
    const isGone = { fault: 'ECONNREFUSED', isGone: true } as const;
    const { code, tried } = await judge({ [SECOND]: isGone, [THIRD]: isGone });
    expect(code).toBe(1);
    expect(tried.length).toBeLessThanOrEqual(5);
  });

  it('sends no malformed batches where some conversations were chosen', async () => {
    const { told } = await judge({}, { isWhole: false });
    expect(told).not.toContain('all closed');
  });
});
