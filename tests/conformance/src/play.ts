import { isDeepStrictEqual } from 'node:util';
import { Correspondence } from './correspondence.js';
import {
  callsOf,
  fromMessage,
  itemsOf,
  toMessage,
  type BatchStep,
  type BytesStep,
  type Conversation,
  type EndStep,
  type ItemsStep,
  type ShownMessage,
  type Side,
  type Step,
} from './conversation.js';
import type { Arrival, WireEnd } from './wire-end.js';

/** What plays the other side of a peer under test. */
export interface Stage {
  /** Which side is under test. */
  readonly tested: Side;
  /** The next connection: made, or waited for. */
  open(): Promise<WireEnd>;
  /** Publishes notes, where the server under test cannot be told to otherwise. */
  publish(room: string, texts: readonly string[]): Promise<void>;
}

/** How long a peer may take for an answer; longer than the 5 s after which HELLO is too late. */
const ANSWER_MS = 7_000;
/** What may stand between the messages that are waited for. */
const AMBIENT = new Set(['CREDIT', 'PONG', 'VOID', 'SKIPPED', 'BIND', 'GOAWAY']);

/** Plays one conversation with a peer; says where it went another way. */
export async function play(
  steps: readonly Step[],
  stage: Stage,
  room: string,
): Promise<string | undefined> {
  const player = new Player(stage, room);
  for (const step of steps) {
    const fault = await player.step(step);
    if (fault !== undefined) return `${fault}\nat: ${step.says}\n${player.transcript()}`;
  }
  const fault = await player.leave(steps.at(-1));
  return fault === undefined ? undefined : `${fault}\n${player.transcript()}`;
}

/** Says which program of a client under test takes part in a conversation. */
export function programOf({ name, program }: Conversation): string {
  return program ?? name;
}

class Player {
  readonly #stage: Stage;
  readonly #room: string;
  readonly #correspondence: Correspondence;
  readonly #ends: WireEnd[] = [];
  #end: WireEnd | undefined;
  /** Ids whose stream we have asked to stop, so that items on their way are let pass. */
  readonly #stopped = new Set<number>();

  constructor(stage: Stage, room: string) {
    this.#stage = stage;
    this.#room = room;
    this.#correspondence = new Correspondence(room);
  }

  async step(step: Step): Promise<string | undefined> {
    if ('publish' in step) {
      if (this.#stage.tested === 'server') await this.#stage.publish(this.#room, step.publish);
      return undefined;
    }
    const end = await this.#current();
    const isTheirs = step.from === this.#stage.tested;
    // Nobody is asked to cut a connection: it happens.
    if ('close' in step && step.close === 'cut') return this.#leave(end, step);
    if ('close' in step) return isTheirs ? this.#awaitEnd(end, step) : this.#leave(end, step);
    if ('bytes' in step) return this.#sayBytes(end, step, isTheirs);
    if ('calls' in step) return this.#say(end, { messages: callsOf(step) });
    if ('items' in step)
      return isTheirs ? this.#hear(end, { messages: itemsOf(step) }) : this.#sayItems(end, step);
    return isTheirs ? this.#hear(end, step) : this.#say(end, step);
  }

  /** Closes what is open: a client under test leaves by itself, a server is left. */
  async leave(last: Step | undefined): Promise<string | undefined> {
    if (this.#end === undefined || (last !== undefined && 'close' in last)) return undefined;
    const end = this.#end;
    if (this.#stage.tested === 'server') end.close(1000);
    return this.#awaitEnd(end, { close: 1000 });
  }

  transcript(): string {
    return this.#ends.map(({ transcript }) => transcript.join('\n')).join('\n--\n');
  }

  async #current(): Promise<WireEnd> {
    if (this.#end === undefined) {
      this.#end = await this.#stage.open();
      this.#ends.push(this.#end);
    }
    return this.#end;
  }

  async #say(
    end: WireEnd,
    { messages, anyway }: Pick<BatchStep, 'messages' | 'anyway'>,
  ): Promise<string | undefined> {
    for (const message of messages) {
      if (message.kind === 'ITEM' && !anyway && !(await end.credit.open(message.id, ANSWER_MS))) {
        return `no credit came for an item of id ${message.id}`;
      }
      if (message.kind === 'CANCEL') this.#stopped.add(message.id);
    }
    end.send(messages.map((message) => toMessage(this.#correspondence.translate(message))));
    return undefined;
  }

  async #sayItems(end: WireEnd, step: ItemsStep): Promise<string | undefined> {
    for (const item of itemsOf(step)) {
      const fault = await this.#say(end, { messages: [item] });
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #sayBytes(end: WireEnd, step: BytesStep, isTheirs: boolean): string | undefined {
    if (isTheirs) return 'a peer under test cannot be asked for bytes';
    end.sendBytes(Buffer.from(step.bytes, 'hex'), step.sequenced ?? 0);
    return undefined;
  }

  async #hear(
    end: WireEnd,
    { messages, anyOrder }: Pick<BatchStep, 'messages' | 'anyOrder'>,
  ): Promise<string | undefined> {
    const due = [...messages];
    while (due.length > 0) {
      const fault = await this.#hearOne(end, anyOrder ? due : due.splice(0, 1));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Takes the next message that matters and removes what it is from what is due. */
  async #hearOne(end: WireEnd, due: ShownMessage[]): Promise<string | undefined> {
    const [first] = due as [ShownMessage];
    // Peers grant credit and bind when they like: the ledger judges what they do with it.
    if (first.kind === 'BIND') this.#correspondence.expectBind(first);
    if (first.kind === 'CREDIT' || first.kind === 'BIND') return void due.shift();
    for (;;) {
      const arrival = await end.arrivals.next(ANSWER_MS);
      if (arrival === undefined) return `expected ${first.kind}, and nothing came`;
      if (arrival.kind === 'BIND') this.#correspondence.takeBind(arrival);
      const index = due.findIndex(({ kind }) => kind === arrival.kind);
      if (index < 0 && this.#isAmbient(arrival)) continue;
      if (arrival.kind === 'BROKEN') return `the peer ${arrival.fault}`;
      if (arrival.kind === 'ENDED_CONNECTION') {
        return `expected ${first.kind}, and the connection ended with ${arrival.code} ${arrival.reason}`;
      }
      const [shown = first] = due.splice(Math.max(index, 0), 1);
      return this.#correspondence.compare(shown, fromMessage(arrival));
    }
  }

  #isAmbient(arrival: Arrival): boolean {
    if (arrival.kind === 'ITEM') return this.#stopped.has(arrival.id);
    return AMBIENT.has(arrival.kind);
  }

  async #awaitEnd(end: WireEnd, { close }: Pick<EndStep, 'close'>): Promise<string | undefined> {
    this.#end = undefined;
    for (;;) {
      const arrival = await end.arrivals.next(ANSWER_MS);
      if (arrival === undefined) {
        end.close('cut');
        return `expected the connection to be closed with ${close}, and it stayed open`;
      }
      if (arrival.kind === 'BROKEN') return `the peer ${arrival.fault}`;
      if (arrival.kind !== 'ENDED_CONNECTION') continue;
      if (isDeepStrictEqual(arrival.code, close)) return undefined;
      return `expected close ${close}, got ${arrival.code} ${arrival.reason}`;
    }
  }

  #leave(end: WireEnd, { close }: EndStep): undefined {
    end.close(close);
    this.#end = undefined;
  }
}
