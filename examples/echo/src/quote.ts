/** What moves the cursor of a terminal, colours it, turns its text around, or is not seen at all. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Puts a text that somebody else wrote in quotes, so that it is one line and only a text. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(UNPRINTABLE, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
