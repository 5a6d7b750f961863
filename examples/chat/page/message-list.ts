import type { Gap } from '@trunkline/client';
import type { Message } from '../src/generated/chat.client.js';
import { avatarOf } from './avatar.js';
import { make, part, written } from './parts.js';

/** A page that is open for days must not grow without end. */
const MAX_ROWS = 500;
const NEAR_END_PX = 48;
/** Messages of one author within this time stand below one name. */
const TOGETHER_MS = 5 * 60_000;

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});

const GAP_REASONS: Partial<Record<Gap['reason'], string>> = {
  expired: 'Not kept for as long as you were away.',
  slow: 'More came than this page could take.',
  epoch: 'The server has begun anew.',
  layout: 'Not to be read by this page: reload it.',
};

/** The messages of the room that is shown, and what is missing of them. */
export class MessageList {
  readonly #scroller = part('scroller', HTMLElement);
  readonly #list = part('messages', HTMLOListElement);
  readonly #newest = part('newest', HTMLButtonElement);
  #last: Message | undefined;
  /** How many messages of those that are kept have not come yet. */
  #due = 0;
  #unseen = 0;
  #isFollowing = true;
  /** The reader is back, and the messages that follow were published meanwhile. */
  #isBack = false;

  constructor() {
    this.#newest.addEventListener('click', () => {
      this.#follow();
      this.#scroller.focus();
    });
    this.#scroller.addEventListener('scroll', () => this.#scrollerOnScroll(), { passive: true });
    const observer = new ResizeObserver(() => this.#isFollowing && this.#scrollToEnd());
    // The page of a phone gets smaller when its keyboard comes up.
    observer.observe(this.#scroller);
    observer.observe(part('outgoing', HTMLElement));
  }

  /** Begins anew, for another room. Screen readers wait until what is kept has come. */
  clear(): void {
    this.#list.replaceChildren();
    this.#list.ariaBusy = 'true';
    this.#due = 0;
    this.#isBack = false;
    this.#last = undefined;
    this.#follow();
  }

  /** The room is joined: after so many messages that are kept, they are news. */
  setJoined(kept: number): void {
    this.#due = kept;
    if (kept === 0) this.#list.ariaBusy = 'false';
  }

  add(message: Message, me: string): void {
    const isOwn = message.author === me;
    // What the reader has sent comes behind what others have said.
    if (this.#isBack && !isOwn) this.addNote('back', 'While you were away');
    this.#isBack = false;
    this.#append(rowOf(message, { isOwn, isTogether: this.#isTogether(message) }));
    this.#last = message;
    if (this.#due > 0) this.setJoined(this.#due - 1);
    if (isOwn) this.#follow();
    else this.#showUnseen();
  }

  /** Says in the place of messages that they are missing. */
  addGap({ from, to, reason }: Gap): void {
    // Some of those that are kept may be among the missing, and nobody should wait for them.
    this.setJoined(0);
    const count = to === undefined ? undefined : to - from + 1;
    const what =
      count === undefined
        ? 'Messages may be missing'
        : `${count} ${count === 1 ? 'message is' : 'messages are'} missing`;
    this.addNote('gap', what, GAP_REASONS[reason]);
  }

  /** The room is joined again: so many messages were published meanwhile, and none is missing. */
  setBack(count: number): void {
    this.#isBack = count > 0;
  }

  addNote(kind: 'gap' | 'back' | 'end', text: string, more = ''): void {
    this.#append(make('li', `note ${kind}`, make('strong', '', text), ' ', more));
    this.#last = undefined;
  }

  #append(row: HTMLLIElement): void {
    this.#list.append(row);
    if (this.#list.childElementCount > MAX_ROWS) this.#list.firstElementChild?.remove();
    // Once for all that came together, and before the browser tells of any scrolling.
    if (this.#isFollowing) queueMicrotask(() => this.#isFollowing && this.#scrollToEnd());
  }

  #isTogether({ author, sentAt }: Message): boolean {
    const last = this.#last;
    if (last?.author !== author) return false;
    return sentAt.getTime() - last.sentAt.getTime() < TOGETHER_MS;
  }

  #scrollerOnScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isAtEnd) this.#follow();
    else this.#isFollowing = false;
  }

  #follow(): void {
    this.#isFollowing = true;
    this.#unseen = 0;
    this.#newest.hidden = true;
    this.#scrollToEnd();
  }

  #scrollToEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #showUnseen(): void {
    if (this.#isFollowing) return;
    this.#unseen++;
    this.#newest.hidden = false;
    this.#newest.textContent = `${this.#unseen} new ${this.#unseen === 1 ? 'message' : 'messages'}`;
  }
}

function rowOf(
  { author, text, sentAt }: Message,
  { isOwn, isTogether }: { isOwn: boolean; isTogether: boolean },
): HTMLLIElement {
  const time = make('time', '', timeText(sentAt));
  time.dateTime = sentAt.toISOString();
  const head = make('p', 'head', written('b', 'author', isOwn ? 'You' : author), ' ', time);
  const body = make('div', 'body', head, written('p', 'text', text));
  const kind = `message${isOwn ? ' own' : ''}${isTogether ? ' together' : ''}`;
  return make('li', kind, avatarOf(author), body);
}

function timeText(at: Date): string {
  const isToday = at.toDateString() === new Date().toDateString();
  return (isToday ? TIME : DAY_AND_TIME).format(at);
}
