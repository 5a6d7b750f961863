import type { Client } from './connect-chat.js';
import { failureText } from './failure-text.js';
import { issueAt } from './form-field.js';
import { make, part, written } from './parts.js';
import { randomHex } from './random-hex.js';

/** A text for a room. */
export interface Outgoing {
  readonly room: string;
  readonly text: string;
  /** The same for each try to send the same text, so that it does not arrive twice. */
  readonly key: string;
}

/** A text that has failed, with what is said about it. */
export interface Returned extends Outgoing {
  readonly problem: string;
}

/** What an outbox asks for. */
export interface OutboxListeners {
  /** Takes a text back that has failed; `false` when there is no place for it. */
  readonly takeBack: (returned: Returned) => boolean;
  /** A button was pressed that is not there any more. */
  readonly decided: () => void;
}

/** A text with the row that shows it. */
interface Entry {
  outgoing: Outgoing;
  problem: string;
  readonly row: HTMLLIElement;
  readonly state: HTMLElement;
}

/** Sends texts one after the other, and shows those that are not said yet behind the messages. */
export class Outbox {
  readonly #list = part('outgoing', HTMLOListElement);
  readonly #status = part('outgoing-status', HTMLElement);
  readonly #chat: Client['chat'];
  readonly #listeners: OutboxListeners;
  readonly #entries = new Set<Entry>();
  #room = '';
  /** Settles when all that was given before is sent or has failed. */
  #before: Promise<void> = Promise.resolve();

  constructor(chat: Client['chat'], listeners: OutboxListeners) {
    this.#chat = chat;
    this.#listeners = listeners;
  }

  /** Shows what is on its way to a room. */
  show(room: string): void {
    this.#room = room;
    this.#render();
  }

  /** Sends a text when those before it are through. */
  send(outgoing: Outgoing): void {
    const state = make('p', 'state');
    const row = make(
      'li',
      'message own',
      make('div', 'body', written('p', 'text', outgoing.text), state),
    );
    const entry = { outgoing, problem: '', row, state };
    this.#entries.add(entry);
    this.#queue(entry);
    row.scrollIntoView({ block: 'end' });
  }

  /** Forgets everything: somebody else may come, in whose name nothing of it must be said. */
  clear(): void {
    this.#entries.clear();
    this.#list.replaceChildren();
    this.#before = Promise.resolve();
    this.show('');
  }

  #queue(entry: Entry): void {
    this.#update(entry, '');
    this.#before = this.#before.then(() => this.#post(entry));
  }

  async #post(entry: Entry): Promise<void> {
    if (!this.#entries.has(entry)) return;
    const { room, text, key } = entry.outgoing;
    const result = await this.#chat.post.safe({ room, text }, { idempotencyKey: key });
    if (!this.#entries.has(entry)) return;
    if (result.ok) return this.#remove(entry);
    const { error } = result;
    // What came of it is known, and would be the same for ever with this key.
    if (error.executed === 'yes') entry.outgoing = { room, text, key: randomHex() };
    const problem = problemOf(error);
    if (this.#listeners.takeBack({ ...entry.outgoing, problem })) this.#remove(entry);
    else this.#update(entry, problem);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    entry.row.remove();
    this.#render();
  }

  #update(entry: Entry, problem: string): void {
    entry.problem = problem;
    entry.row.classList.toggle('failed', problem !== '');
    if (problem === '') entry.state.replaceChildren('sending…');
    else entry.state.replaceChildren(problem, ' ', ...this.#choices(entry));
    this.#render();
  }

  #choices(entry: Entry): HTMLButtonElement[] {
    const choice = (name: string, act: () => void) => {
      const button = make('button', 'quiet', name);
      button.type = 'button';
      button.addEventListener('click', () => {
        act();
        this.#listeners.decided();
      });
      return button;
    };
    return [
      choice('Try again', () => this.#queue(entry)),
      choice('Discard', () => this.#remove(entry)),
    ];
  }

  #render(): void {
    const shown = [...this.#entries].filter(({ outgoing }) => outgoing.room === this.#room);
    for (const entry of this.#entries) if (!shown.includes(entry)) entry.row.remove();
    // A row that is there stays, with what has the focus in it.
    for (const { row } of shown) if (!row.isConnected) this.#list.append(row);
    const problem = shown.findLast((entry) => entry.problem !== '')?.problem;
    this.#status.textContent = problem ?? (shown.length > 0 ? 'Sending' : '');
  }
}

type PostError = Extract<
  Awaited<ReturnType<Client['chat']['post']['safe']>>,
  { ok: false }
>['error'];

function problemOf(error: PostError): string {
  switch (error.code) {
    case 'ROOM_CLOSED': {
      const since = error.data.closedAt.toLocaleDateString(undefined, { dateStyle: 'long' });
      return `This room has been closed since ${since}.`;
    }
    case 'INVALID_INPUT':
      return issueAt('text', error.data) ?? error.message;
    default:
      return failureText(error, 'sent');
  }
}
