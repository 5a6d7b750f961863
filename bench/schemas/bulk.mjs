import * as z from 'zod';

/** The most characters of a text that is asked for. */
export const MAX_TEXT = 8 * 1024 * 1024;

/** Bytes as a value. */
export const Bytes = z.instanceof(Uint8Array);

/** How long a text is wanted. */
export const TextInput = z.object({ size: z.int().min(1).max(MAX_TEXT) });

/** A text of the size that was wanted. */
export const Text = z.object({ text: z.string() });
