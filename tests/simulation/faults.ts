import type { PlantedFault } from '../support/planted-fault.js';

/** A fault, and within how many seeds it must be found. */
export interface SimulatedFault extends PlantedFault {
  readonly within: number;
}

const SERVER = 'packages/server/src';
const CLIENT = 'packages/client/src';
const PROTOCOL = 'packages/protocol/src';

/** Faults that the simulation must find: each breaks one guarantee at one place. */
export const FAULTS: readonly SimulatedFault[] = [
  {
    name: 'a handler runs twice',
    file: `${SERVER}/calls/dispatcher.ts`,
    find: 'return route.handler(input, asStreamContext(context));',
    replace: `if (context.remainingMs !== undefined && context.remainingMs < 300) {
      void Promise.resolve(route.handler(input, asStreamContext(context))).catch(() => undefined);
    }
    return route.handler(input, asStreamContext(context));`,
    within: 5,
  },
  {
    name: 'a call that was written counts as not executed',
    file: `${CLIENT}/calls/call-error.ts`,
    find: "entry.number > rx ? 'no' : 'unknown'",
    replace: "entry.number > rx ? 'no' : 'no'",
    within: 5,
  },
  {
    name: 'an id is free as soon as its call is withdrawn',
    file: `${CLIENT}/calls/session-calls.ts`,
    find: "    tell();\n    return 'unknown';",
    replace: "    tell();\n    if (!isStream(call)) this.#free(call);\n    return 'unknown';",
    within: 20,
  },
  {
    name: 'a deadline is not watched at the server',
    file: `${SERVER}/calls/calls.ts`,
    find: 'if (remainingMs === undefined) return;',
    replace: 'if (remainingMs === undefined || remainingMs < 400) return;',
    within: 20,
  },
  {
    name: 'the signals of handlers stay silent at the end of a session',
    file: `${SERVER}/calls/calls.ts`,
    find: `    for (const entry of this.#entries.values()) {
      this.#stop(`,
    replace: `    for (const entry of this.#entries.values()) {
      if (entry.timer === undefined) this.#stop(`,
    within: 20,
  },
  {
    name: 'items go without credit',
    file: `${PROTOCOL}/credit.ts`,
    find: 'return this.#sentItems < this.#items && this.#sentBytes < this.#bytes;',
    replace: 'return this.#sentItems < this.#items + 1 && this.#sentBytes < this.#bytes;',
    within: 20,
  },
  {
    name: 'credit is never told again',
    file: `${SERVER}/calls/stream-run.ts`,
    find: 'if (this.#credit.isOpen) this.#wake?.();',
    replace: 'if (this.#credit.isOpen && this.#credit.sentItems !== 64) this.#wake?.();',
    within: 40,
  },
  {
    name: 'a gap of a slow reader is not told',
    file: `${SERVER}/topics/topic-subscription.ts`,
    find: 'if (from > this.#offset) this.#reportGap(from);',
    replace: 'if (from > this.#offset) this.#offset = from;',
    within: 40,
  },
  {
    name: 'live records are lost while history is read',
    file: `${SERVER}/topics/recent-records.ts`,
    find: 'return this.#records.filter((record) => record.offset > offset);',
    replace: 'return this.#records.filter((record) => record.offset > offset + 1);',
    within: 20,
  },
  {
    name: 'history begins one record too late',
    file: `${SERVER}/topics/kept-records.ts`,
    find: 'return this.#first + from.after + 1 - oldest;',
    replace: 'return this.#first + from.after + 2 - oldest;',
    within: 20,
  },
  {
    name: 'who comes back is not told what has expired',
    file: `${CLIENT}/topics/topic-join.ts`,
    find: 'clipGap(cursor, gap) ?? lostEpoch(cursor, answer) ?? skipped(cursor, answer);',
    replace: 'lostEpoch(cursor, answer);',
    within: 40,
  },
  {
    name: 'a message is delivered again',
    file: `${CLIENT}/topics/subscriber.ts`,
    find: 'this.#epoch !== item.epoch || item.offset <= this.#offset) return;',
    replace: 'this.#epoch !== item.epoch || item.offset < this.#offset) return;',
    within: 40,
  },
  {
    name: 'a broker acknowledges the offset before',
    file: `${SERVER}/topics/memory-broker.ts`,
    find: 'return { epoch, offset, stored',
    replace: 'return { epoch, offset: Math.max(1, offset - 1), stored',
    within: 5,
  },
  {
    name: 'what a subscription of a session holds is never given back',
    file: `${SERVER}/connection/subscriptions.ts`,
    find: 'if (entry.live !== undefined) this.#options.hub.release(entry.live.topic);',
    replace:
      'if (entry.live !== undefined && sub % 5 !== 4) this.#options.hub.release(entry.live.topic);',
    within: 20,
  },
  {
    name: 'nothing is sent again',
    file: `${PROTOCOL}/session/positions.ts`,
    find: 'this.sent = peerRx;',
    replace: 'this.sent = this.tx;',
    within: 5,
  },
  {
    name: 'what is sent again has numbers of its own',
    file: `${PROTOCOL}/session/link-writer.ts`,
    find: 'const seq = numbered > 0 ? positions.sent + 1 : undefined;',
    replace: 'const seq = numbered > 0 ? positions.sent + 1 + (isReplay ? 1 : 0) : undefined;',
    within: 5,
  },
  {
    name: 'an older attach takes the session back',
    file: `${SERVER}/connection/live-session.ts`,
    find: 'return attach > this.#attach;',
    replace: 'return attach > 0;',
    within: 60,
  },
  {
    name: 'the end of an older connection detaches the newer one',
    file: `${SERVER}/connection/live-session.ts`,
    find: 'if (connection !== this.#connection) return;',
    replace: '',
    within: 40,
  },
  {
    name: 'what a session had accepted is told as one less',
    file: `${SERVER}/sessions.ts`,
    find: 'this.#tombstones.set(id, { reason, rx, secretHash, endedAt });',
    replace: 'this.#tombstones.set(id, { reason, rx: rx - 1, secretHash, endedAt });',
    within: 300,
  },
  {
    name: 'the last call that was accepted counts as not executed',
    file: `${CLIENT}/calls/call-error.ts`,
    find: 'entry.number > rx',
    replace: 'entry.number >= rx',
    within: 300,
  },
  {
    name: 'a call that was withdrawn is sent again',
    file: `${PROTOCOL}/session/unacked.ts`,
    find: 'this.#replace(at, message, VOID);',
    replace: '',
    within: 60,
  },
  {
    name: 'handlers go on after their session has ended',
    file: `${SERVER}/connection/live-session.ts`,
    find: '    this.#calls?.close();\n    this.#clientCalls?.lost();',
    replace: '    this.#clientCalls?.lost();',
    within: 20,
  },
  {
    name: 'credit upward is not told again',
    file: `${SERVER}/connection/live-session.ts`,
    find: 'this.#calls?.tellCredit();',
    replace: '',
    within: 60,
  },
  {
    name: 'credit downward is not told again',
    file: `${CLIENT}/calls/session-calls.ts`,
    find: "if (isStream(call) && call.state === 'sent') call.handler.tellCredit();",
    replace: '',
    within: 300,
  },
  {
    name: 'a subscription forgets its place',
    file: `${CLIENT}/topics/subscriber.ts`,
    find: "return cursor === undefined ? this.#need : { kind: 'from', cursor };",
    replace: 'return cursor === undefined ? this.#need : this.#need;',
    within: 10,
  },
  {
    name: 'a session never expires',
    file: `${SERVER}/sessions.ts`,
    find: "runtime.startTimer(limits.detachedMs, () => session.end('expired'));",
    replace: 'runtime.startTimer(limits.detachedMs, () => undefined);',
    within: 60,
  },
  {
    name: 'silence is never noticed',
    file: `${PROTOCOL}/session/link.ts`,
    find: "  dead(): void {\n    this.#owner.failed('cut');",
    replace: '  dead(): void {',
    within: 20,
  },
  {
    name: 'a network gives a batch a second time',
    file: `${PROTOCOL}/testing/memory-network.ts`,
    find: 'if (this.peer?.isClosed === false) this.peer.sink?.receive(content);',
    replace: `if (this.peer?.isClosed === false) this.peer.sink?.receive(content);
      if (this.peer?.isClosed === false && content.length % 13 === 0) this.peer.sink?.receive(content);`,
    within: 5,
  },
  {
    name: 'a key whose handler runs starts it again',
    file: `${SERVER}/idempotency/idempotency-table.ts`,
    find: 'if (entry === undefined) return this.#runFirst(name, attempt, run);',
    replace:
      'if (entry?.promise !== undefined || !entry) return this.#runFirst(name, attempt, run);',
    within: 40,
  },
  {
    name: 'a handler of a client runs twice',
    file: `${CLIENT}/serving/served-calls.ts`,
    find: 'const output = await bound.handler(input, context);',
    replace: `const output = await bound.handler(input, context);
      if (context.signal.aborted) await bound.handler(input, context);`,
    within: 20,
  },
  {
    name: 'a conflated message takes another key with it',
    file: `${SERVER}/topics/latest-records.ts`,
    find: 'this.#byKey.delete(',
    replace:
      'if (record.offset % 3 === 0) this.#byKey.delete([...this.#byKey.keys()].at(-1) ?? 0);\n    this.#byKey.delete(',
    within: 40,
  },
];
