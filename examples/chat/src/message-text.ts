import * as z from 'zod';

/** Turn the direction of what follows, in the text and after it. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROLS = /[^\P{Cc}\n\t]/gu;
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What people write: as they have written it, without what steers more than their own text. */
export const MessageText = z
  .string()
  .overwrite(clean)
  .trim()
  .min(1, 'Write something first.')
  .max(500, 'At most 500 characters.')
  .refine((text) => VISIBLE.test(text), 'Write something first.');

function clean(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROLS, '').replace(BIDI_CONTROLS, '');
}
