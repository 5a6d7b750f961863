import { make, part, written } from './parts.js';
import { avatarOf } from './avatar.js';

/** The names of those who are in the room. */
export class PeopleList {
  readonly #list = part('people', HTMLUListElement);

  show(names: readonly string[], me: string): void {
    this.#list.replaceChildren(
      ...names.map((name) => {
        const label = make('span', 'name', written('bdi', '', name), name === me ? ' (you)' : '');
        return make('li', '', avatarOf(name), label);
      }),
    );
  }

  clear(): void {
    this.#list.replaceChildren();
  }
}
