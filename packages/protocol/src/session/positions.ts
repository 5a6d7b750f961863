import { Violation } from '../violation.js';

const LOW_BITS = 0xffff;
const HALF = 0x8000;

/** The numbers of a session at one peer (PROTOCOL.md, "Numbers and acknowledgements"). */
export class Positions {
  /** Highest number given to a message of ours. */
  tx = 0;
  /** Highest number of ours that was written on the present connection, or acknowledged. */
  sent = 0;
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
    this.sent = Math.max(this.sent, number);
    return undefined;
  }

  /** Whether a session can go on where the peer says that it is. */
  canResume(peerRx: number, peerFirst: number): boolean {
    return peerRx >= this.acked && peerRx <= this.tx && peerFirst <= this.rx + 1;
  }

  /** Begins on another connection, where the peer has all up to `peerRx`; gives how many are news. */
  resume(peerRx: number): number {
    const count = peerRx - this.acked;
    this.acked = peerRx;
    this.sent = peerRx;
    // It is told ours, too, in the messages that resume the session.
    this.ackedBack = this.rx;
    return count;
  }

  /** Notes that so many messages were written, those that were written before among them. */
  wrote(count: number): void {
    this.sent += count;
    this.tx = Math.max(this.tx, this.sent);
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
