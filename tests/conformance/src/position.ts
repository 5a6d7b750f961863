import type { ReceivedMessage } from '@trunkline/protocol';

/** What is known of a session on its connection before. */
interface Known {
  /** The highest number of ours that the other side has acknowledged. */
  readonly acked: number;
  /** The highest number of ours that was not lost. */
  readonly reached: number;
  /** The number that was to come next from the other side. */
  readonly next: number;
}

/** Says what is wrong with the numbers that RESUME, RESUMED or GONE tell. */
export function judgePosition(
  message: ReceivedMessage,
  { acked, reached, next }: Known,
): string | undefined {
  if (message.kind === 'RESUME') {
    const { rx, first } = message;
    if (rx < acked || rx > reached) return `told rx ${rx}, expected ${acked} to ${reached}`;
    return first < 1 || first > next ? `told first ${first}, expected 1 to ${next}` : undefined;
  }
  if (message.kind !== 'RESUMED' && message.kind !== 'GONE') return undefined;
  if (message.rx === undefined || message.rx === reached) return undefined;
  return `told rx ${message.rx}, expected ${reached}`;
}
