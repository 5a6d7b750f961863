import { walkLayout, type Layout, type LayoutDocument } from '@trunkline/protocol';

/** A check that belongs to a part of a layout. */
export interface CheckSlot {
  /** Its number among the checks of the layout. */
  readonly index: number;
  /** Whether it checks all that is inside too. */
  readonly isWhole: boolean;
  /** Whether it fills in what is missing where a value is written. */
  readonly isFilling: boolean;
}

let lastId = 0;

/** Which parts of one layout have a check. */
export class CheckSlots {
  readonly #id = ++lastId;
  readonly #slots = new Map<Layout, CheckSlot>();
  readonly #numbers = new Map<Layout, number>();

  /** Takes the pattern that the contract gives for the layout, a letter for each part. */
  constructor(document: LayoutDocument, pattern: string) {
    for (const layout of walkLayout(document)) {
      const letter = pattern[this.#numbers.size];
      this.#numbers.set(layout, this.#numbers.size);
      if (letter === undefined || letter === '.') continue;
      const [isWhole, isFilling] = [letter === 'w', letter === 'f'];
      this.#slots.set(layout, { index: this.#slots.size, isWhole, isFilling });
    }
  }

  /** Gives the check of a part. */
  of(layout: Layout): CheckSlot | undefined {
    return this.#slots.get(layout);
  }

  /** Gives a text that no other part of any layout has. */
  id(layout: Layout): string {
    return `${this.#id}.${this.#numbers.get(layout)}`;
  }
}

/** Tells whether a part or anything inside has a check. */
export function hasSlot(slots: CheckSlots, layout: Layout, { types }: LayoutDocument): boolean {
  const seen = new Set<Layout>();
  const look = (part: Layout): boolean => {
    if (seen.has(part)) return false;
    seen.add(part);
    if (slots.of(part)) return true;
    for (const inner of walkLayout({ root: part, types: [] })) {
      if (slots.of(inner)) return true;
      const type = inner.kind === 'ref' ? types[inner.to] : undefined;
      if (type !== undefined && look(type)) return true;
    }
    return false;
  };
  return look(layout);
}
