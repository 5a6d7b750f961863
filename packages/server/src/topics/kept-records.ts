import type { HistoryQuery, HistoryStart, KeepPolicy, PlacedRecord } from '@trunkline/protocol';

interface Kept {
  readonly record: PlacedRecord;
  readonly at: number;
}

/** Records that went are cut off in one go, when they are at least this many and half of all. */
const CUT_MIN = 64;

/** What a record costs in memory beside its bytes. */
const RECORD_BYTES = 256;

/** The newest records of one topic, as many as its policy keeps: no hole, the oldest go first. */
export class KeptRecords {
  /** Undefined where the record went and its place is not yet cut off. */
  readonly #kept: (Kept | undefined)[] = [];
  /** Index of the oldest record that is still kept. */
  #first = 0;
  #bytes = 0;
  /** Of what says where their publishes stand in traces. */
  #traceBytes = 0;
  #policy: KeepPolicy | undefined;

  /** What the records take: their bytes, and what each costs whatever its size. */
  get bytes(): number {
    const count = this.#kept.length - this.#first;
    return this.#bytes + this.#traceBytes + count * RECORD_BYTES;
  }

  get isEmpty(): boolean {
    return this.#first === this.#kept.length;
  }

  /** Takes the newest record under the policy that holds from now on; without one nothing stays. */
  add(record: PlacedRecord, policy: KeepPolicy | undefined, now: number): void {
    this.#policy = policy;
    this.#kept.push({ record, at: now });
    this.#bytes += record.bytes.length;
    this.#traceBytes += traceBytesOf(record);
    this.trim(now);
  }

  /** Lets go of what is too much or too old. */
  trim(now: number): void {
    for (let oldest = this.#kept[this.#first]; oldest; oldest = this.#kept[this.#first]) {
      if (!this.#isExcess(oldest, now)) break;
      this.#bytes -= oldest.record.bytes.length;
      this.#traceBytes -= traceBytesOf(oldest.record);
      this.#kept[this.#first++] = undefined;
    }
    if (!this.isEmpty && (this.#first < CUT_MIN || this.#first * 2 < this.#kept.length)) return;
    this.#kept.splice(0, this.#first);
    this.#first = 0;
  }

  clear(): void {
    this.#kept.length = 0;
    this.#first = 0;
    this.#bytes = 0;
    this.#traceBytes = 0;
  }

  /** Gives the records that are asked for, within the query's limits but at least one. */
  page({ from, maxRecords, maxBytes }: HistoryQuery): PlacedRecord[] {
    const page: PlacedRecord[] = [];
    let bytes = 0;
    let at = Math.max(this.#first, this.#indexOf(from));
    for (let kept = this.#kept[at]; kept; kept = this.#kept[++at]) {
      bytes += kept.record.bytes.length;
      if (page.length > 0 && (page.length >= maxRecords || bytes > maxBytes)) break;
      page.push(kept.record);
    }
    return page;
  }

  #indexOf(from: HistoryStart): number {
    if ('last' in from) return this.#kept.length - from.last;
    const oldest = this.#kept[this.#first]?.record.offset ?? 0;
    return this.#first + from.after + 1 - oldest;
  }

  #isExcess(oldest: Kept, now: number): boolean {
    if (this.#policy === undefined) return true;
    const { count, ageMs, bytes } = this.#policy;
    return (
      this.#kept.length - this.#first > count || this.#bytes > bytes || now - oldest.at >= ageMs
    );
  }
}

function traceBytesOf({ trace }: PlacedRecord): number {
  return trace === undefined ? 0 : trace.traceParent.length + (trace.traceState?.length ?? 0);
}
