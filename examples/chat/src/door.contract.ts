import { call, contract } from '@trunkline/contract';
import * as z from 'zod';
import { nameSchema } from './name-schema.js';

/** What a person may be called. */
export const PersonName = nameSchema({
  pattern: /^[\p{L}\p{N}]\p{M}{0,3}([ ._'-]*[\p{L}\p{N}]\p{M}{0,3})*\.?$/u,
  allowed: "Letters, digits, blanks and . _ ' - are fine; begin with a letter or digit.",
});

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
