import type { Room } from '../src/generated/chat.client.js';
import { make, part, written } from './parts.js';
import { addressOf } from './room-address.js';

interface Entry {
  readonly item: HTMLLIElement;
  readonly link: HTMLAnchorElement;
  readonly count: HTMLElement;
  unread: number;
}

/** The list of rooms: links, so that they work as links do. Arrow keys go through them. */
export class RoomList {
  readonly #panel = part('rooms-panel', HTMLElement);
  readonly #toggle = part('rooms-toggle', HTMLButtonElement);
  readonly #list = part('rooms', HTMLUListElement);
  /** On a narrow page the list is hidden, and its button tells the sum. */
  readonly #sum = part('rooms-unread', HTMLElement);
  readonly #entries = new Map<string, Entry>();
  #current = '';

  /** `back` is called when somebody wants to go on writing. */
  constructor(back: () => void) {
    this.#panel.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      this.#open(false);
      back();
    });
    this.#toggle.addEventListener('click', () => this.#open(!this.#isOpen));
    this.#list.addEventListener('keydown', (event) => this.#listOnKeydown(event));
    // A narrow page shows the room again when one was chosen.
    this.#list.addEventListener('click', () => this.#open(false));
  }

  /** Takes the rooms as they are now. What stays is not touched, so that it keeps the focus. */
  show(rooms: readonly Room[]): void {
    const names = new Set(rooms.map(({ name }) => name));
    for (const [name, { item }] of this.#entries) {
      if (names.has(name)) continue;
      item.remove();
      this.#entries.delete(name);
    }
    for (const { name } of rooms) if (!this.#entries.has(name)) this.#add(name);
    this.select(this.#current);
  }

  /** Marks the room that is shown; it has nothing unread any more. */
  select(room: string): void {
    this.#current = room;
    for (const [name, { link }] of this.#entries) {
      if (name === room) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    this.#setUnread(room, 0);
  }

  /** Counts a message of a room that is not shown. */
  countUnread(room: string): void {
    if (room !== this.#current) this.#setUnread(room, (this.#entries.get(room)?.unread ?? 0) + 1);
  }

  /** Moves the focus to the room that is shown, and lets the list be seen. */
  focus(): void {
    this.#open(true);
    const first = this.#entries.values().next().value;
    (this.#entries.get(this.#current) ?? first)?.link.focus();
  }

  get #isOpen(): boolean {
    return this.#toggle.getAttribute('aria-expanded') === 'true';
  }

  #open(isOpen: boolean): void {
    this.#toggle.setAttribute('aria-expanded', String(isOpen));
    this.#panel.classList.toggle('is-open', isOpen);
  }

  #add(name: string): void {
    const count = make('span', 'unread');
    const link = make('a', '', written('span', 'name', name), count);
    link.href = addressOf(name);
    const entry = { item: make('li', '', link), link, count, unread: 0 };
    this.#entries.set(name, entry);
    this.#list.append(entry.item);
  }

  #setUnread(room: string, unread: number): void {
    const entry = this.#entries.get(room);
    if (entry === undefined) return;
    entry.unread = unread;
    entry.count.textContent = countText(unread);
    if (unread === 0) entry.link.removeAttribute('aria-label');
    else entry.link.setAttribute('aria-label', `${room}, ${unread} unread`);
    const sum = [...this.#entries.values()].reduce((total, each) => total + each.unread, 0);
    this.#sum.textContent = countText(sum);
  }

  #listOnKeydown(event: KeyboardEvent): void {
    const links = [...this.#entries.values()].map(({ link }) => link);
    const at = links.findIndex((link) => link === document.activeElement);
    const last = links.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    links[next]?.focus();
  }
}

function countText(count: number): string {
  if (count === 0) return '';
  return count > 99 ? '99+' : String(count);
}
