/** Bytes of a frame's header before its length is known to be longer. */
const SHORT_HEADER = 2;

/**
 * Follows the frames in the bytes of a WebSocket, to know whether a message is on its way. It takes
 * the bytes as they come, holds none of them and looks at headers alone (RFC 6455, section 5.2).
 */
export class FrameTracker {
  /** Messages that have arrived whole. */
  messages = 0;
  #headerSeen = 0;
  #headerSize = SHORT_HEADER;
  #lengthBytes = 0;
  #first = 0;
  #left = 0;
  #isFragmented = false;

  /** Whether a frame has begun, or a message of several frames, and not ended. */
  get isUnfinished(): boolean {
    return this.#isFragmented || this.#headerSeen > 0;
  }

  /** Takes the next bytes of the connection. */
  read(chunk: Uint8Array): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#headerSeen < this.#headerSize) {
        this.#readHeader(chunk[position++] as number);
      } else {
        const skipped = Math.min(this.#left, chunk.length - position);
        this.#left -= skipped;
        position += skipped;
      }
      if (this.#headerSeen === this.#headerSize && this.#left === 0) this.#endFrame();
    }
  }

  #readHeader(byte: number): void {
    const seen = this.#headerSeen++;
    if (seen === 0) {
      this.#first = byte;
    } else if (seen === 1) {
      const short = byte & 127;
      this.#lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.#headerSize = SHORT_HEADER + this.#lengthBytes + (byte & 128 ? 4 : 0);
      this.#left = this.#lengthBytes === 0 ? short : 0;
    } else if (seen < SHORT_HEADER + this.#lengthBytes) {
      this.#left = this.#left * 256 + byte;
    }
  }

  #endFrame(): void {
    this.#headerSeen = 0;
    this.#headerSize = SHORT_HEADER;
    const isControl = (this.#first & 8) !== 0;
    if (isControl) return;
    this.#isFragmented = (this.#first & 128) === 0;
    if (!this.#isFragmented) this.messages++;
  }
}
