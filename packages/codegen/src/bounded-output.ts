/** A stream that text is written to, such as the standard output. */
export interface OutputStream {
  readonly writableLength: number;
  write(text: string): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** What may wait for a reader, such as a pager that nobody scrolls. */
const MAX_WAITING_BYTES = 16 * 1_048_576;

/**
 * Gives what writes lines to a stream. Lines that nobody reads are left out from some point on, and
 * said to be.
 */
export function boundedOutput(stream: OutputStream): (text: string) => void {
  let left = 0;
  const drained = (): void => {
    const lines = left;
    left = 0;
    stream.write(`… ${lines} lines are left out here: they were not read in time\n`);
  };
  return (text) => {
    if (left === 0 && stream.writableLength < MAX_WAITING_BYTES) {
      stream.write(`${text}\n`);
      return;
    }
    if (left === 0) stream.once('drain', drained);
    left++;
  };
}
