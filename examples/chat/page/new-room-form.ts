import type { Client } from './connect-chat.js';
import { failureText } from './failure-text.js';
import { FormField, issueAt } from './form-field.js';
import { part } from './parts.js';

/** Opens rooms; `done` is told of each. */
export class NewRoomForm {
  readonly #name = new FormField(part('new-room-name', HTMLInputElement));
  readonly #button = part('new-room-button', HTMLButtonElement);
  readonly #chat: Client['chat'];
  readonly #done: (room: string) => void;

  constructor(chat: Client['chat'], done: (room: string) => void) {
    this.#chat = chat;
    this.#done = done;
    part('new-room', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#name.input.addEventListener('input', () => this.#name.show(''));
  }

  async #send(): Promise<void> {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    const result = await this.#chat.createRoom.safe({ name: this.#name.input.value });
    this.#button.disabled = false;
    if (result.ok) {
      this.#name.show('');
      this.#name.input.value = '';
      return this.#done(result.value.name);
    }
    const { error } = result;
    switch (error.code) {
      case 'NAME_TAKEN':
        return this.#name.show(`There is a room “${error.data.name}” already.`);
      case 'TOO_MANY_ROOMS':
        return this.#name.show(`There are ${error.data.max} rooms, and no place for another.`);
      case 'TOO_MANY_OF_YOURS':
        return this.#name.show(
          `You have opened ${error.data.max} rooms. Each goes when it has been empty for a while.`,
        );
      case 'INVALID_INPUT':
        return this.#name.show(issueAt('name', error.data) ?? error.message);
      default:
        return this.#name.show(failureText(error, 'opened'));
    }
  }
}
