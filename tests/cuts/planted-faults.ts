import type { PlantedFault } from '../support/plant.js';

/** A fault of product code, and what cuts connections so that it shows. */
export interface FoundFault extends PlantedFault {
  readonly args: readonly string[];
}

const LINK = 'packages/protocol/src/session/link.ts';
const WRITER = 'packages/protocol/src/session/link-writer.ts';
const POSITIONS = 'packages/protocol/src/session/positions.ts';
const LIVE_SESSION = 'packages/server/src/connection/live-session.ts';
const CALL_TABLE = 'packages/client/src/calls/call-table.ts';
const SESSION_CALLS = 'packages/client/src/calls/session-calls.ts';

function every(scenario: string, ...more: string[]): string[] {
  return ['--scenario', scenario, ...more];
}

/** Each breaks one rule of sessions, and each must be found. */
export const FAULTS: readonly FoundFault[] = [
  {
    name: 'a message is forgotten when it is written',
    file: WRITER,
    find: 'if (!isReplay) this.#unacked.push(message);',
    replace: '',
    args: every('call'),
  },
  {
    name: 'nothing is sent again',
    file: POSITIONS,
    find: 'this.sent = peerRx;',
    replace: 'this.sent = this.tx;',
    args: every('call'),
  },
  {
    name: 'a client says that it has one message more than it has',
    file: 'packages/client/src/connection/client-session.ts',
    find: 'const { rx, first } = this.link;',
    replace: 'const { first } = this.link; const rx = this.link.rx + 1;',
    args: every('call'),
  },
  {
    name: 'a server says that it has one message more than it has',
    file: LIVE_SESSION,
    find: 'rx: this.wire.rx,',
    replace: 'rx: this.wire.rx + 1,',
    args: every('call'),
  },
  {
    name: 'a cut ends the handlers',
    file: LIVE_SESSION,
    find: 'this.#subscriptions = undefined;\n    this.wire.detach();',
    replace: 'this.#subscriptions = undefined;\n    this.#calls?.close();\n    this.wire.detach();',
    args: every('call'),
  },
  {
    name: 'an older connection takes the session from a newer one',
    file: LIVE_SESSION,
    find: 'return attach > this.#attach;',
    replace: 'return true;',
    args: every('call', '--second'),
  },
  {
    name: 'a deadline does not pass without a connection',
    file: CALL_TABLE,
    find: '#expired(call: PendingCall): void {',
    replace: '#expired(call: PendingCall): void {\n    if (this.#session?.isOpen !== true) return;',
    args: every('cancel'),
  },
  {
    name: 'a client does not tell credit again',
    file: SESSION_CALLS,
    find: 'call.handler.tellCredit();',
    replace: '{}',
    args: every('down'),
  },
  {
    name: 'a server does not tell credit again',
    file: LIVE_SESSION,
    find: 'this.#calls?.tellCredit();',
    replace: '',
    args: every('up'),
  },
  {
    name: 'a topic is joined again without a cursor',
    file: 'packages/client/src/topics/subscriber.ts',
    find: "{ kind: 'from', cursor };",
    replace: "{ kind: 'now' };",
    args: every('topic'),
  },
  {
    name: 'what has come of a large value is lost with the connection',
    file: LINK,
    find: 'this.#assembler?.pause();',
    replace: 'this.#assembler?.stop();',
    args: every('chunk-down'),
  },
  {
    name: 'a call that may have run says that it did not, when its session is lost',
    file: 'packages/client/src/calls/call-error.ts',
    find: "return rx !== undefined && entry.number > rx ? 'no' : 'unknown';",
    replace: "return 'no';",
    args: every('call', '--outage', '130000'),
  },
  {
    name: 'a call that may be repeated is repeated without its key',
    file: 'packages/client/src/calls/pending-call.ts',
    find: 'if (idempotencyKey !== undefined) message.idempotencyKey = idempotencyKey;',
    replace: '',
    args: every('repeated', '--outage', '130000'),
  },
  {
    name: 'a session without a connection never ends',
    file: 'packages/server/src/sessions.ts',
    find: "() => session.end('expired'));",
    replace: '() => {});',
    args: every('handshake'),
  },
];
