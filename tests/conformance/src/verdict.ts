import { randomBytes } from 'node:crypto';
import { ClientStage } from './client-stage.js';
import { stepsOf, type Conversation } from './conversation.js';
import { PASSED_OVER, play, programOf } from './play.js';
import { ServerStage } from './server-stage.js';

/** How a conversation went. */
export interface Verdict {
  readonly name: string;
  /** What went another way, with what was said; `undefined` when nothing did. */
  readonly fault: string | undefined;
  /** Whether it was not held, since the peer did not set a feature that it needs. */
  readonly isPassedOver: boolean;
  /** The peer cannot be reached, or started, so that no other conversation can go better. */
  readonly isGone?: true;
}

/** Puts a server into a conversation. */
export async function judgeServer(
  url: string,
  conversation: Conversation,
  all: readonly Conversation[],
): Promise<Verdict> {
  const stage = new ServerStage(url, conversation.offers);
  const room = `room-${randomBytes(6).toString('hex')}`;
  try {
    const script = { ...conversation, steps: stepsOf(conversation, all) };
    const verdict = verdictOf(conversation, await play(script, stage, room));
    return stage.isGone ? { ...verdict, isGone: true } : verdict;
  } finally {
    stage.stop();
  }
}

/** Puts a client, which is the program that a command starts, into a conversation. */
export async function judgeClient(
  command: string,
  conversation: Conversation,
  all: readonly Conversation[],
): Promise<Verdict> {
  const stage = new ClientStage();
  try {
    await stage.start(command, programOf(conversation));
    const played = await play(
      { ...conversation, steps: stepsOf(conversation, all) },
      stage,
      'lobby',
    );
    if (played === PASSED_OVER) return verdictOf(conversation, played);
    const outcome = played ?? (await stage.outcome(conversation.prints ?? []));
    const fault = withErrors(stage.excess ?? outcome, stage.errors);
    const verdict = verdictOf(conversation, fault);
    return stage.isGone ? { ...verdict, isGone: true } : verdict;
  } catch (error) {
    return verdictOf(conversation, withErrors(String(error), stage.errors));
  } finally {
    await stage.stop();
  }
}

function verdictOf({ name }: Conversation, played: Awaited<ReturnType<typeof play>>): Verdict {
  const isPassedOver = played === PASSED_OVER;
  return { name, fault: isPassedOver ? undefined : played, isPassedOver };
}

/** What a program has said of its own failure tells more than what it did not do. */
function withErrors(fault: string | undefined, errors: string): string | undefined {
  if (fault === undefined || errors === '' || fault.includes(errors)) return fault;
  return `${fault}\nthe program said:\n${errors}`;
}
