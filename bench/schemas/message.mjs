import * as z from 'zod';

/** How many items of a stream are wanted. */
export const ItemsInput = z.object({ count: z.int().min(1) });

/** What topics and streams carry. */
export const Message = z.object({ seq: z.int(), t: z.number(), text: z.string() });

/**
 * Makes messages of about so many bytes as JSON, each with its number.
 * @param {number} bytes
 */
export const createMessages = (bytes) => {
  const empty = JSON.stringify({ seq: 10_000, t: 1_770_000_000_000, text: '' }).length;
  const text = 'x'.repeat(Math.max(1, bytes - empty));
  return {
    make: (seq) => ({ seq, t: 1_770_000_000_000 + seq, text }),
    /** Tells whether it is the message with this number. */
    check: (message, seq) =>
      message.seq === seq && message.t === 1_770_000_000_000 + seq && message.text === text,
  };
};
