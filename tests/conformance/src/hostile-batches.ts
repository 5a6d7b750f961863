import { readFileSync } from 'node:fs';
import type { Conversation } from './conversation.js';
import { ServerStage } from './server-stage.js';
import { judgeClient } from './verdict.js';

const ANSWER_MS = 5_000;
const PROTOCOL_BROKEN = 4400;
const AT_A_TIME = 8;
const PROGRAMS_AT_A_TIME = 4;
/** So many are enough to see that something is wrong with all of them. */
const MOST_FAULTS = 20;

const HELLO = {
  kind: 'HELLO',
  features: 0,
  agent: '',
  token: 'let-me-in',
  revisions: [],
} as const;

interface HostileVector {
  readonly name: string;
  readonly hex: string;
  readonly violation: string;
}

/** How a peer takes malformed batches. */
export interface HostileVerdict {
  readonly passed: boolean;
  /** Lines for people. */
  readonly summary: string;
  /** The sections of PROTOCOL.md that were broken. */
  readonly sections: readonly string[];
}

/** Sends each malformed batch of `hostile.json` to a server, which must close with 4400. */
export async function judgeServerWithHostileBatches(url: string): Promise<HostileVerdict> {
  const vectors = readVectors();
  const queue = [...vectors];
  const faults: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (faults.length >= MOST_FAULTS) return;
      const fault = await judge(url, next).catch(String);
      if (fault !== undefined) faults.push(told(next, fault));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return verdictOf(vectors.length, faults);
}

/** Answers a client's call with one malformed batch of each kind; it must close with 4400. */
export async function judgeClientWithHostileBatches(
  command: string,
  all: readonly Conversation[],
): Promise<HostileVerdict> {
  const violation = all.find(({ name }) => name === 'violation');
  if (violation === undefined) throw new Error('there is no conversation "violation"');
  const [call, , close] = violation.steps as [never, never, never];
  const kinds = new Map(readVectors().map((vector) => [vector.violation, vector]));
  const faults: string[] = [];
  const queue = [...kinds.values()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (faults.length >= MOST_FAULTS) return;
      const answer = { from: 'server', says: next.name, bytes: next.hex } as const;
      const script = { ...violation, steps: [call, answer, close] };
      const { fault } = await judgeClient(command, script, all);
      if (fault !== undefined) faults.push(told(next, fault));
    }
  };
  await Promise.all(Array.from({ length: PROGRAMS_AT_A_TIME }, work));
  return verdictOf(kinds.size, faults);
}

function readVectors(): HostileVector[] {
  const file = new URL('../../vectors/hostile.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as HostileVector[];
}

function verdictOf(count: number, faults: readonly string[]): HostileVerdict {
  const closed =
    faults.length < MOST_FAULTS
      ? `  ${count - faults.length} of ${count} malformed batches closed with 4400`
      : `  gave up after ${faults.length} of ${count} malformed batches that were not closed with 4400`;
  const sections = faults.length === 0 ? [] : ['Violations'];
  return { passed: faults.length === 0, summary: [...faults, closed].join('\n'), sections };
}

function told({ name, violation }: HostileVector, fault: string): string {
  return `  FAIL ${name}: ${fault}\n       rule: PROTOCOL.md, "Violations", ${violation}`;
}

async function judge(url: string, { hex }: HostileVector): Promise<string | undefined> {
  const stage = new ServerStage(url);
  try {
    const end = await stage.open();
    end.send([HELLO]);
    const welcome = await end.arrivals.next(ANSWER_MS);
    if (welcome?.kind !== 'WELCOME') return `got ${welcome?.kind ?? 'nothing'} for HELLO`;
    end.sendBytes(Buffer.from(hex, 'hex'), 0);
    const until = performance.now() + ANSWER_MS;
    for (;;) {
      const arrival = await end.arrivals.next(until - performance.now());
      if (arrival === undefined) return 'the connection stayed open';
      if (arrival.kind !== 'ENDED_CONNECTION') continue;
      return arrival.code === PROTOCOL_BROKEN ? undefined : `closed with ${arrival.code}`;
    }
  } finally {
    stage.stop();
  }
}
