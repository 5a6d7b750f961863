import type { Timer } from '@trunkline/protocol';
import type { Slot } from './call-quota.js';
import type { ItemQueue } from './item-queue.js';
import type { RequestContext } from '../request-context.js';
import type { StreamRun } from './stream-run.js';

/** A call that has an id: from its CALL to its final message. */
export interface CallEntry extends Slot {
  readonly id: number;
  readonly context: RequestContext;
  /** Whether its handler gives items. */
  readonly hasDown: boolean;
  /** Of each item that the caller sends. */
  readonly maxItemBytes: number;
  /** Of its result, where its procedure says so. */
  readonly maxOutputBytes: number;
  run: StreamRun | undefined;
  items: ItemQueue | undefined;
  timer: Timer | undefined;
}
