import { setTimeout as wait } from 'node:timers/promises';
import { FEATURES } from '@trunkline/protocol';
import { Correspondence } from './correspondence.js';
import type { BatchStep, Conversation, EndStep, ItemsStep, Side, Step } from './conversation.js';
import { Listener } from './listener.js';
import { Speaker } from './speaker.js';
import type { WireEnd } from './wire-end.js';

/** What plays the other side of a peer under test. */
export interface Stage {
  /** Which side is under test. */
  readonly tested: Side;
  /** The next connection: made, or waited for. */
  open(): Promise<WireEnd>;
  /** Publishes notes, where the server under test cannot be told to otherwise. */
  publish(room: string, texts: readonly string[]): Promise<void>;
}

/** What is played. */
export type Script = Pick<Conversation, 'steps' | 'mayFollow' | 'needs'>;

/** What a conversation gives that needs a feature which the peer under test has not set. */
export const PASSED_OVER = 'passed over';

/** How long a peer may take for a step; longer than the 5 s after which HELLO is too late. */
const STEP_MS = 7_000;
/** A server whose sessions live longer without a connection is not waited for. */
const MOST_TTL_MS = 6_000;
const EXPIRED_MS = 500;
/** How long a whole conversation may take. */
const CONVERSATION_MS = 20_000;

/** Plays one conversation with a peer; says where it went another way. */
export async function play(
  script: Script,
  stage: Stage,
  room: string,
): Promise<string | undefined> {
  const player = new Player(script, stage, room);
  try {
    for (const [index, step] of script.steps.entries()) {
      const fault = await player.step(step, script.steps[index + 1]).catch(String);
      if (player.lacks(script.needs)) return PASSED_OVER;
      if (fault !== undefined) return `${fault}\nat: ${step.says}\n${player.transcript()}`;
    }
    const fault = await player.leave(script.steps.at(-1));
    return fault === undefined ? undefined : `${fault}\n${player.transcript()}`;
  } finally {
    player.end();
  }
}

/** Says which program of a client under test takes part in a conversation. */
export function programOf({ name, program }: Conversation): string {
  return program ?? name;
}

/** Whether a step has numbers that never come, so that what brings it must not be acknowledged. */
function isLost(step: Step | undefined): step is BatchStep | ItemsStep {
  if (step === undefined || !('lost' in step)) return false;
  return 'items' in step || step.messages.some(({ kind }) => kind !== 'CREDIT');
}

function isServerCall(step: Step): boolean {
  if (step.from !== 'server' || !('messages' in step)) return false;
  return step.messages.some(({ kind }) => kind === 'CALL');
}

class Player {
  readonly #stage: Stage;
  readonly #room: string;
  readonly #speaker: Speaker;
  readonly #listener: Listener;
  readonly #ends: WireEnd[] = [];
  readonly #lastMoment = performance.now() + CONVERSATION_MS;
  #end: WireEnd | undefined;
  /** A connection that is there beside the one that is spoken on. */
  #older: WireEnd | undefined;
  #isTooLong = false;

  constructor({ mayFollow = [], steps }: Script, stage: Stage, room: string) {
    this.#stage = stage;
    this.#room = room;
    const correspondence = new Correspondence(room);
    this.#speaker = new Speaker(correspondence, steps.some(isServerCall));
    this.#listener = new Listener(correspondence, this.#speaker, mayFollow);
  }

  /** Whether the peer under test has told its features, and not this one. */
  lacks(needs: Conversation['needs'] = []): boolean {
    // Every server takes calls, whether it says so or not.
    const told = this.#stage.tested === 'server' ? needs.filter((name) => name !== 'CALLS') : needs;
    const { features } = this.#listener;
    if (this.#isTooLong) return true;
    return features !== undefined && told.some((name) => (features & FEATURES[name]) === 0);
  }

  async step(step: Step, next: Step | undefined): Promise<string | undefined> {
    if (performance.now() > this.#lastMoment) {
      return `the conversation took longer than ${CONVERSATION_MS / 1000} s`;
    }
    if ('publish' in step) {
      if (this.#stage.tested === 'server') await this.#stage.publish(this.#room, step.publish);
      return undefined;
    }
    if ('wait' in step) return this.#wait();
    if ('opens' in step) this.#setAside();
    const isOlder = 'on' in step;
    const end = isOlder ? this.#older : await this.#current();
    if (end === undefined) return 'there is no older connection';
    if (isLost(next) && next.from === this.#stage.tested) end.loses = true;
    // Nobody is asked to cut a connection: it happens.
    const isTheirs = step.from === this.#stage.tested;
    if ('close' in step && (step.close === 'cut' || !isTheirs)) return this.#leave(end, step);
    if ('close' in step) return this.#awaitEnd(end, step);
    if (!isTheirs || 'calls' in step) return this.#speaker.say(end, step, this.#deadline());
    return this.#listener.hear(end, step, this.#deadline());
  }

  /** Closes what is open: a client under test leaves by itself, a server is left. */
  async leave(last: Step | undefined): Promise<string | undefined> {
    if (this.#end === undefined || (last !== undefined && 'close' in last)) return undefined;
    const end = this.#end;
    if (this.#stage.tested === 'server') {
      const fault = await this.#listener.drain(end);
      if (fault !== undefined) return fault;
      end.close(1000);
    }
    return this.#awaitEnd(end, { close: 1000 });
  }

  /** Drops all connections that are still there. */
  end(): void {
    for (const end of this.#ends) end.close('cut');
  }

  transcript(): string {
    return this.#ends.map(({ transcript }) => transcript).join('\n--\n');
  }

  async #current(): Promise<WireEnd> {
    if (this.#end === undefined) {
      this.#end = await this.#stage.open();
      this.#end.before = this.#ends.findLast(({ hasSession }) => hasSession);
      this.#ends.push(this.#end);
    }
    return this.#end;
  }

  #setAside(): void {
    this.#older = this.#end;
    this.#end = undefined;
  }

  /** Lets a session of the server under test expire, unless that takes too long. */
  async #wait(): Promise<undefined> {
    const { ttlMs } = this.#listener;
    this.#isTooLong = ttlMs > MOST_TTL_MS;
    if (!this.#isTooLong) await wait(ttlMs + EXPIRED_MS);
  }

  #deadline(): number {
    return Math.min(performance.now() + STEP_MS, this.#lastMoment);
  }

  #awaitEnd(
    end: WireEnd,
    step: Pick<EndStep, 'close' | 'reason' | 'notBeforeMs'>,
  ): Promise<string | undefined> {
    this.#gone(end);
    return this.#listener.awaitEnd(end, step, this.#deadline());
  }

  #leave(end: WireEnd, { close }: EndStep): undefined {
    end.close(close);
    this.#gone(end);
  }

  /** What is left of two connections is the one that is spoken on. */
  #gone(end: WireEnd): void {
    if (end === this.#end) this.#end = this.#older;
    this.#older = undefined;
  }
}
