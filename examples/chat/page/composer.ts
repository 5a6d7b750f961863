import type { Client } from './connect-chat.js';
import { FormField } from './form-field.js';
import { Outbox, type Returned } from './outbox.js';
import { part } from './parts.js';
import { randomHex } from './random-hex.js';

/** What is being written for one room. */
interface Draft {
  readonly room: string;
  text: string;
  problem: string;
  /** Belongs to the text: one that came back is sent again under the key that it had. */
  key: string;
}

/**
 * The field for messages, for each room its own. It is empty again as soon as a text is sent; a text
 * that has failed comes back, unless the next one is being written.
 */
export class Composer {
  readonly #field = new FormField(part('composer-text', HTMLTextAreaElement));
  readonly #outbox: Outbox;
  readonly #drafts = new Map<string, Draft>();
  #draft = draftFor('');

  /** `leave` is called when somebody wants to go to another room. */
  constructor(chat: Client['chat'], leave: () => void) {
    this.#outbox = new Outbox(chat, {
      takeBack: (returned) => this.#takeBack(returned),
      decided: () => this.focus(),
    });
    const form = part('composer', HTMLFormElement);
    const { input } = this.#field;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send(this.#draft);
    });
    input.addEventListener('input', () => {
      this.#update(this.#draft, { text: input.value, problem: '', key: randomHex() });
    });
    form.addEventListener('keydown', (event) => {
      const { key, shiftKey, isComposing } = event;
      if (event.target !== input || isComposing) return;
      if (key === 'Escape') leave();
      if (key !== 'Enter' || shiftKey) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Shows what is being written for a room, and what is on its way there. */
  show(room: string): void {
    this.#draft = this.#drafts.get(room) ?? draftFor(room);
    this.#drafts.set(room, this.#draft);
    this.#outbox.show(room);
    this.#render();
  }

  focus(): void {
    this.#field.input.focus();
  }

  /** Forgets everything: somebody else may come. */
  clear(): void {
    this.#drafts.clear();
    this.#outbox.clear();
    this.show('');
  }

  #send(draft: Draft): void {
    const { room, text, key } = draft;
    // Behind the next text there would be no place to say so.
    if (text.trim() === '') return this.#update(draft, { problem: 'Write something first.' });
    this.#update(draft, { text: '', problem: '', key: randomHex() });
    this.#outbox.send({ room, text, key });
  }

  #takeBack({ room, text, key, problem }: Returned): boolean {
    const draft = this.#drafts.get(room);
    if (draft?.text !== '') return false;
    this.#update(draft, { text, key, problem });
    return true;
  }

  #update(draft: Draft, change: Partial<Draft>): void {
    Object.assign(draft, change);
    if (draft === this.#draft) this.#render();
  }

  #render(): void {
    const { text, problem } = this.#draft;
    const { input } = this.#field;
    // Setting it anew would move the cursor to its end.
    if (input.value !== text) input.value = text;
    this.#field.show(problem);
  }
}

function draftFor(room: string): Draft {
  return { room, text: '', problem: '', key: randomHex() };
}
