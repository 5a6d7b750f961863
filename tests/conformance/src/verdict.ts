import { randomBytes } from 'node:crypto';
import { ClientStage } from './client-stage.js';
import { stepsOf, type Conversation } from './conversation.js';
import { play, programOf } from './play.js';
import { ServerStage } from './server-stage.js';

/** How a conversation went. */
export interface Verdict {
  readonly name: string;
  /** What went another way, with what was said; `undefined` when nothing did. */
  readonly fault: string | undefined;
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
    return { name: conversation.name, fault: await play(script, stage, room) };
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
    const fault =
      (await play({ ...conversation, steps: stepsOf(conversation, all) }, stage, 'lobby')) ??
      (await stage.outcome(conversation.prints ?? []));
    return { name: conversation.name, fault: stage.excess ?? fault };
  } catch (error) {
    return { name: conversation.name, fault: String(error) };
  } finally {
    await stage.stop();
  }
}
