/** Scripts that stand for themselves. */
const SINGLE =
  'Adlam Arabic Armenian Bengali Canadian_Aboriginal Cherokee Cyrillic Devanagari Ethiopic Georgian ' +
  'Greek Gujarati Gurmukhi Hebrew Kannada Khmer Lao Latin Malayalam Mongolian Myanmar Nko Oriya ' +
  'Sinhala Syriac Tamil Telugu Thaana Thai Tibetan Tifinagh';
/** Japanese, Chinese and Korean are written with several. */
const TOGETHER = [
  ['Han', 'Hiragana', 'Katakana', 'Bopomofo'],
  ['Han', 'Hangul'],
];
const SCRIPTS = [...SINGLE.split(' ').map((script) => [script]), ...TOGETHER];

const PATTERNS = SCRIPTS.map((scripts) => {
  const letters = scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('');
  return new RegExp(`^[${letters}0-9[^\\p{L}\\p{N}]]*$`, 'v');
});

/**
 * Tells whether all letters and digits of a text are of one script, beside 0 to 9. Otherwise a name
 * could be another one with some letters of a script in which they look the same.
 */
export function isOneScript(text: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(text));
}
