import type { Client } from './connect-chat.js';
import { failureText } from './failure-text.js';
import { FormField, issueAt } from './form-field.js';
import { part } from './parts.js';
import { randomHex } from './random-hex.js';

/** What is being written for one room. */
interface Draft {
  readonly room: string;
  text: string;
  isSending: boolean;
  problem: string;
  /** The same for each try to send the same text, so that it does not arrive twice. */
  key: string;
}

/** Sends messages. What could not be sent stays in the field, for each room its own. */
export class Composer {
  readonly #field = new FormField(part('composer-text', HTMLTextAreaElement));
  readonly #form = part('composer', HTMLFormElement);
  readonly #button = part('composer-button', HTMLButtonElement);
  readonly #chat: Client['chat'];
  readonly #drafts = new Map<string, Draft>();
  #draft = draftFor('');

  /** `leave` is called when somebody wants to go to another room. */
  constructor(chat: Client['chat'], leave: () => void) {
    this.#chat = chat;
    const { input } = this.#field;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send(this.#draft);
    });
    input.addEventListener('input', () => {
      this.#update(this.#draft, { text: input.value, problem: '', key: randomHex() });
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

  async #send(draft: Draft): Promise<void> {
    if (draft.isSending) return;
    this.#update(draft, { isSending: true, problem: '' });
    const { room, text, key } = draft;
    const result = await this.#chat.post.safe({ room, text }, { idempotencyKey: key });
    this.#update(draft, { isSending: false });
    if (result.ok) return this.#update(draft, { text: '', key: randomHex() });
    const { error } = result;
    // What came of it is known, and would be the same for ever with this key.
    if (error.executed === 'yes') draft.key = randomHex();
    switch (error.code) {
      case 'ROOM_CLOSED': {
        const since = error.data.closedAt.toLocaleDateString(undefined, { dateStyle: 'long' });
        return this.#update(draft, { problem: `This room has been closed since ${since}.` });
      }
      case 'INVALID_INPUT':
        return this.#update(draft, { problem: issueAt('text', error.data) ?? error.message });
      default:
        return this.#update(draft, { problem: failureText(error, 'sent') });
    }
  }

  #update(draft: Draft, change: Partial<Draft>): void {
    Object.assign(draft, change);
    if (draft === this.#draft) this.#render();
  }

  #render(): void {
    const { text, isSending, problem } = this.#draft;
    const { input } = this.#field;
    // Setting it anew would move the cursor to its end.
    if (input.value !== text) input.value = text;
    input.readOnly = isSending;
    this.#button.ariaDisabled = String(isSending);
    this.#button.textContent = isSending ? 'Sending' : 'Send';
    this.#field.show(problem);
  }
}

function draftFor(room: string): Draft {
  return { room, text: '', isSending: false, problem: '', key: randomHex() };
}
