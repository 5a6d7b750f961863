import { make } from './parts.js';

const HUES = 6;

/** Makes the round sign of a person: the first letter, in one of six colours of style.css. */
export function avatarOf(name: string): HTMLElement {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  const [letter = ''] = name;
  const avatar = make('span', `avatar hue-${sum % HUES}`, letter.toUpperCase());
  avatar.ariaHidden = 'true';
  return avatar;
}
