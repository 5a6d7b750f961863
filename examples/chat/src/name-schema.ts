import * as z from 'zod';
import { isOneScript } from './one-script.js';

/** A name that is written as it is seen: of letters and digits, with some signs in between. */
export interface NameRules {
  readonly pattern: RegExp;
  /** What the pattern allows. */
  readonly allowed: string;
}

/** Some letters are nothing to be seen, and would be a name that nobody can tell from another. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Makes the schema of what people and rooms may be called. */
export function nameSchema({ pattern, allowed }: NameRules) {
  return (
    z
      .string()
      .trim()
      // One way to write an accent, or two names could look the same.
      .normalize('NFC')
      .min(2, 'Take at least 2 characters.')
      .max(24, 'Take at most 24 characters.')
      .regex(pattern, allowed)
      .refine((name) => !INVISIBLE.test(name), 'Take characters that can be seen.')
      .refine(isOneScript, 'Take letters of one script.')
  );
}
