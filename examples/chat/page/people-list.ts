import { make, part, written } from './parts.js';
import { avatarOf } from './avatar.js';

/** The names of those who are in the room. */
export class PeopleList {
  readonly #list = part('people', HTMLUListElement);

  show(names: readonly string[], me: string): void {
    this.#list.classList.remove('is-stale');
    this.#list.replaceChildren(
      ...names.map((name) => {
        const label = make('span', 'name', written('bdi', '', name), name === me ? ' (you)' : '');
        return make('li', '', avatarOf(name), label);
      }),
    );
  }

  /** Nobody knows who is there now. */
  setStale(): void {
    this.#list.classList.add('is-stale');
  }

  clear(): void {
    this.#list.replaceChildren();
  }
}
