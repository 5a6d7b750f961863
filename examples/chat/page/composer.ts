import type { Message } from '../src/generated/chat.client.js';
import type { Client } from './connect-chat.js';
import { startCountdown } from './countdown.js';
import { failureText } from './failure-text.js';
import { FormField, issueAt } from './form-field.js';
import { part } from './parts.js';

/** What is being written for one room. */
interface Draft {
  readonly room: string;
  text: string;
  isSending: boolean;
  problem: string;
  /** When the server takes the next message, on the clock of `performance.now()`. */
  waitUntil: number;
  /** It was sent, and nobody could say whether it arrived. */
  isUncertain: boolean;
}

/** Sends messages. What could not be sent stays in the field, for each room its own. */
export class Composer {
  readonly #field = new FormField(part('composer-text', HTMLTextAreaElement));
  readonly #form = part('composer', HTMLFormElement);
  readonly #button = part('composer-button', HTMLButtonElement);
  readonly #chat: Client['chat'];
  readonly #drafts = new Map<string, Draft>();
  #draft = draftFor('');
  #stopCountdown: () => void = () => {};

  /** `leave` is called when somebody wants to go to another room. */
  constructor(chat: Client['chat'], leave: () => void) {
    this.#chat = chat;
    const { input } = this.#field;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send(this.#draft);
    });
    input.addEventListener('input', () => {
      this.#update(this.#draft, { text: input.value, problem: '', isUncertain: false });
    });
    this.#form.addEventListener('keydown', (event) => {
      const { key, shiftKey, isComposing } = event;
      if (event.target !== input || isComposing) return;
      if (key === 'Escape') leave();
      if (key !== 'Enter' || shiftKey) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
  }

  /** Shows what is being written for a room. */
  show(room: string): void {
    this.#draft = this.#drafts.get(room) ?? draftFor(room);
    this.#drafts.set(room, this.#draft);
    this.#render();
  }

  focus(): void {
    this.#field.input.focus();
  }

  /** Forgets everything: somebody else may come. */
  clear(): void {
    this.#drafts.clear();
    this.show('');
  }

  /** A message of the reader's own is there: maybe the one of which nobody could say that. */
  arrived(room: string, message: Message): void {
    const draft = this.#drafts.get(room);
    if (draft?.isUncertain !== true || draft.text.trim() !== message.text) return;
    this.#update(draft, { text: '', problem: '', isUncertain: false });
  }

  async #send(draft: Draft): Promise<void> {
    if (draft.isSending) return;
    this.#update(draft, { isSending: true, problem: '', isUncertain: false });
    const { room, text } = draft;
    const result = await this.#chat.post.safe({ room, text });
    this.#update(draft, { isSending: false });
    if (result.ok) return this.#update(draft, { text: '' });
    const { error } = result;
    switch (error.code) {
      case 'ROOM_CLOSED': {
        const since = error.data.closedAt.toLocaleDateString(undefined, { dateStyle: 'long' });
        return this.#update(draft, { problem: `This room has been closed since ${since}.` });
      }
      case 'TOO_FAST':
        return this.#update(draft, { waitUntil: performance.now() + error.data.waitMs });
      case 'INVALID_INPUT':
        return this.#update(draft, { problem: issueAt('text', error.data) ?? error.message });
      default: {
        const isUncertain = error.executed === 'unknown';
        return this.#update(draft, { problem: failureText(error, 'sent'), isUncertain });
      }
    }
  }

  #update(draft: Draft, change: Partial<Draft>): void {
    Object.assign(draft, change);
    if (draft === this.#draft) this.#render();
  }

  #render(): void {
    const { text, isSending, problem, waitUntil } = this.#draft;
    const { input } = this.#field;
    // Setting it anew would move the cursor to its end.
    if (input.value !== text) input.value = text;
    input.readOnly = isSending;
    this.#button.ariaDisabled = String(isSending);
    this.#button.textContent = isSending ? 'Sending' : 'Send';
    this.#stopCountdown();
    if (problem !== '' || waitUntil <= performance.now()) return this.#field.show(problem);
    this.#stopCountdown = startCountdown(waitUntil, (seconds) => {
      this.#field.show(seconds > 0 ? `Not so fast: send it in ${seconds} s.` : '');
    });
  }
}

function draftFor(room: string): Draft {
  return { room, text: '', isSending: false, problem: '', waitUntil: 0, isUncertain: false };
}
