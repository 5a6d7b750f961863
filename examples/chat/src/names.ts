/** How long a name waits for a person who has no page open, as while one is loaded again. */
const GRACE_MS = 30_000;

/** Who speaks for the server itself. */
export const HOUSE = 'Trunkline';

interface Person {
  readonly id: string;
  readonly name: string;
  /** How many pages of this person are open. */
  pages: number;
  /** When the name is free again, unless a page is open. */
  freeAt: number;
}

/** Who has which name. A name belongs to one person at a time, and is free soon after they left. */
export class Names {
  readonly #byId = new Map<string, Person>();
  readonly #byName = new Map<string, Person>();

  /** Takes a name for a person; `false` when somebody else has it. */
  claim(id: string, name: string): boolean {
    this.#forgetWhoLeft();
    const holder = this.#byName.get(keyOf(name));
    if (holder !== undefined && holder.id !== id) return false;
    if (isLikeHouse(name)) return false;
    const former = this.#byId.get(id);
    if (former !== undefined) this.#byName.delete(keyOf(former.name));
    const person = { id, name, pages: former?.pages ?? 0, freeAt: Date.now() + GRACE_MS };
    this.#byId.set(id, person);
    this.#byName.set(keyOf(name), person);
    return true;
  }

  nameOf(id: string): string | undefined {
    return this.#byId.get(id)?.name;
  }

  /** Keeps the name of a person until the function that it gives is called. */
  hold(id: string): () => void {
    this.#count(id, 1);
    return () => this.#count(id, -1);
  }

  /** Finds a name like this one that nobody has. */
  similar(name: string): string {
    const base = isLikeHouse(name) ? 'Guest' : name.slice(0, 21).trimEnd();
    let number = 2;
    while (this.#byName.has(keyOf(`${base} ${number}`))) number++;
    return `${base} ${number}`;
  }

  #count(id: string, step: 1 | -1): void {
    const person = this.#byId.get(id);
    if (person === undefined) return;
    person.pages += step;
    person.freeAt = Date.now() + GRACE_MS;
  }

  #forgetWhoLeft(): void {
    const now = Date.now();
    for (const { id, name, pages, freeAt } of this.#byId.values()) {
      if (pages > 0 || freeAt > now) continue;
      this.#byId.delete(id);
      this.#byName.delete(keyOf(name));
    }
  }
}

function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

function isLikeHouse(name: string): boolean {
  return looksOf(name).startsWith(looksOf(HOUSE));
}

/** Gives what is left of a name at a glance: `Trunk1ine` and `Trünk-Line` look like the house. */
function looksOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/[1iı]/g, 'l');
}
