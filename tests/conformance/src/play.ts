import { FEATURES } from '@trunkline/protocol';
import { Correspondence } from './correspondence.js';
import type { Conversation, EndStep, Side, Step } from './conversation.js';
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
    for (const step of script.steps) {
      const fault = await player.step(step).catch(String);
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

  constructor({ mayFollow = [], steps }: Script, stage: Stage, room: string) {
    this.#stage = stage;
    this.#room = room;
    const correspondence = new Correspondence(room);
    this.#speaker = new Speaker(correspondence, steps.some(isServerCall));
    this.#listener = new Listener(correspondence, this.#speaker, mayFollow);
  }

  /** Whether the peer under test has told its features, and not this one. */
  lacks(feature: Conversation['needs']): boolean {
    // Every server takes calls, whether it says so or not.
    if (feature === 'CALLS' && this.#stage.tested === 'server') return false;
    const { features } = this.#listener;
    return feature !== undefined && features !== undefined && (features & FEATURES[feature]) === 0;
  }

  async step(step: Step): Promise<string | undefined> {
    if (performance.now() > this.#lastMoment) {
      return `the conversation took longer than ${CONVERSATION_MS / 1000} s`;
    }
    if ('publish' in step) {
      if (this.#stage.tested === 'server') await this.#stage.publish(this.#room, step.publish);
      return undefined;
    }
    const end = await this.#current();
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
      this.#ends.push(this.#end);
    }
    return this.#end;
  }

  #deadline(): number {
    return Math.min(performance.now() + STEP_MS, this.#lastMoment);
  }

  #awaitEnd(
    end: WireEnd,
    step: Pick<EndStep, 'close' | 'reason' | 'notBeforeMs'>,
  ): Promise<string | undefined> {
    this.#end = undefined;
    return this.#listener.awaitEnd(end, step, this.#deadline());
  }

  #leave(end: WireEnd, { close }: EndStep): undefined {
    end.close(close);
    this.#end = undefined;
  }
}
