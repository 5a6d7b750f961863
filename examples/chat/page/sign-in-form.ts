import { failureText } from './failure-text.js';
import { FormField, issueAt } from './form-field.js';
import { part } from './parts.js';
import type { Client } from './connect-chat.js';

/** Asks for a name until the server takes one. */
export class SignInForm {
  readonly #form = part('sign-in', HTMLFormElement);
  readonly #name = new FormField(part('sign-in-name', HTMLInputElement));
  readonly #button = part('sign-in-button', HTMLButtonElement);
  /** Offers a name that is free. */
  readonly #free = part('sign-in-free', HTMLButtonElement);
  readonly #door: Client['door'];
  readonly #done: (name: string) => void;

  constructor(door: Client['door'], done: (name: string) => void) {
    this.#door = door;
    this.#done = done;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#free.addEventListener('click', () => {
      this.#name.input.value = this.#free.value;
      void this.#send();
    });
    this.#name.input.addEventListener('input', () => this.#say(''));
  }

  /** Takes the focus, and says why it has to be filled in again, if it has. */
  ask(name: string, problem: string): void {
    this.#name.input.value = name;
    this.#say(problem);
    this.#name.input.focus();
  }

  async #send(): Promise<void> {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    const result = await this.#door.signIn.safe({ name: this.#name.input.value });
    this.#button.disabled = false;
    this.#say('');
    if (result.ok) return this.#done(result.value.name);
    const { error } = result;
    switch (error.code) {
      case 'NAME_TAKEN':
        this.#say(`“${error.data.name}” is somebody else at the moment.`, error.data.free);
        break;
      case 'INVALID_INPUT':
        this.#say(issueAt('name', error.data) ?? error.message);
        break;
      default:
        this.#say(failureText(error, 'signed in'));
    }
    this.#name.input.focus();
  }

  #say(problem: string, free = ''): void {
    this.#name.show(problem);
    this.#free.hidden = free === '';
    this.#free.value = free;
    this.#free.textContent = `Be “${free}” instead`;
  }
}
