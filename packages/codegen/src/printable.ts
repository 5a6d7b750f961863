/**
 * Characters that a terminal would act on, or that make text look other than it is: controls, line
 * separators, changes of direction.
 */
const ACTING = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Writes text so that a terminal shows it and does nothing else, however hostile it is. */
export function printable(text: string): string {
  return text.replace(
    ACTING,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
