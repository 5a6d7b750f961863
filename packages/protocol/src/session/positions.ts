import { Violation } from '../violation.js';

const LOW_BITS = 0xffff;
const HALF = 0x8000;

/** The numbers of a session at one peer (PROTOCOL.md, "Numbers and acknowledgements"). */
export class Positions {
  /** Highest number given to a message of ours. */
  tx = 0;
  /** Highest number of ours that the peer has acknowledged. */
  acked = 0;
  /** Highest number of the peer's received without a hole. */
  rx = 0;
  /** Highest number of the peer's that we have acknowledged. */
  ackedBack = 0;

  /** Gives the number of the first sequenced message of a batch from its low 16 bits. */
  first(seq: number): number | Violation {
    const expected = this.rx + 1;
    const ahead = (seq - expected) & LOW_BITS;
    if (ahead === 0) return expected;
    const number = expected - (0x10000 - ahead);
    return ahead < HALF || number < 1 ? new Violation('BAD_SEQ') : number;
  }

  /** Counts a message of the peer's; `false` for a duplicate. */
  take(number: number): boolean {
    if (number <= this.rx) return false;
    this.rx = number;
    return true;
  }

  /** Takes an acknowledgement from its low 16 bits; a violation if it names nothing of ours. */
  acknowledge(ack: number): Violation | undefined {
    const number = this.acked + ((ack - this.acked) & LOW_BITS);
    if (number > this.tx) return new Violation('BAD_ACK');
    this.acked = number;
    return undefined;
  }

  /** How many of ours the peer has not acknowledged. */
  get unacked(): number {
    return this.tx - this.acked;
  }

  /** Whether the peer waits for an acknowledgement. */
  get owesAck(): boolean {
    return this.rx !== this.ackedBack;
  }
}
