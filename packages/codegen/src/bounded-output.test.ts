import { describe, expect, it } from 'vitest';
import { boundedOutput, type OutputStream } from './bounded-output.js';

class TestStream implements OutputStream {
  readonly written: string[] = [];
  writableLength = 0;
  drain: () => void = () => undefined;

  write(text: string): void {
    this.written.push(text);
  }

  once(_event: 'drain', listener: () => void): void {
    this.drain = listener;
  }
}

describe('boundedOutput', () => {
  it('writes lines as long as they are read', () => {
    const stream = new TestStream();
    const out = boundedOutput(stream);
    out('one');
    out('two');
    expect(stream.written).toEqual(['one\n', 'two\n']);
  });

  it('leaves out what nobody reads, says how much, and goes on', () => {
    const stream = new TestStream();
    const out = boundedOutput(stream);
    stream.writableLength = 17 * 1_048_576;
    out('one');
    out('two');
    stream.writableLength = 0;
    // Nothing may come before the gap is told.
    out('three');
    expect(stream.written).toEqual([]);
    stream.drain();
    out('four');
    expect(stream.written).toEqual([
      '… 3 lines are left out here: they were not read in time\n',
      'four\n',
    ]);
  });
});
