import { call, contract } from '@trunkline/contract';
import * as z from 'zod';

/** What a person may be called. */
export const PersonName = z
  .string()
  .trim()
  .min(2, 'Take at least 2 characters.')
  .max(24, 'Take at most 24 characters.')
  .regex(
    /^[\p{L}\p{N}]([\p{L}\p{N} ._'-]*[\p{L}\p{N}.])?$/u,
    "Letters, digits, blanks and . _ ' - are fine; begin with a letter or digit.",
  );

export const door = contract('door', {
  signIn: call({
    description: 'Takes a name for the visitor who calls; gives it as others will see it.',
    input: z.object({ name: PersonName }),
    output: z.object({ name: z.string() }),
    errors: {
      NAME_TAKEN: z.object({
        name: z.string(),
        free: z.string().describe('A similar name that nobody has.'),
      }),
    },
  }),
});
