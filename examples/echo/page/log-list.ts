/** Who has said a line: the server's answer, its console, the connection, or what went wrong. */
export type Speaker = 'echo' | 'console' | 'connection' | 'problem';

/** A line of a list. */
export interface Line {
  readonly text: string;
  readonly from: Speaker;
  readonly at?: Date;
}

const MAX_LINES = 200;
const LABELS: Readonly<Partial<Record<Speaker, string>>> = { console: 'Console' };
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** A list whose newest line is on top. */
export class LogList {
  readonly #list: HTMLOListElement;

  constructor(list: HTMLOListElement) {
    this.#list = list;
  }

  add({ text, from, at = new Date() }: Line): void {
    const item = document.createElement('li');
    item.dataset['from'] = from;
    const label = LABELS[from];
    if (label !== undefined) item.append(textElement('strong', label), ' ');
    const time = textElement('time', clock.format(at));
    time.dateTime = at.toISOString();
    item.append(textElement('span', text), ' ', time);
    this.#list.prepend(item);
    if (this.#list.children.length > MAX_LINES) this.#list.lastElementChild?.remove();
  }
}

function textElement<Name extends 'span' | 'strong' | 'time'>(
  name: Name,
  text: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
