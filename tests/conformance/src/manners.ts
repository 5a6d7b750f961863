import {
  FEATURES,
  KINDS,
  Reader,
  SESSION_LIMITS,
  type Message,
  type ReceivedMessage,
  type WelcomeMessage,
} from '@trunkline/protocol';

type Kind = ReceivedMessage['kind'];

/** What a server never sends to a client that set no feature bit. */
const NOT_FROM_SERVER: ReadonlySet<Kind> = new Set<Kind>([
  ...(['HELLO', 'RESUME', 'AUTH', 'AUTHED', 'GOAWAY'] as const),
  ...(['BIND', 'CALL', 'CHUNK', 'SUBSCRIBE', 'UNSUBSCRIBE'] as const),
]);
/** What a client never sends to a server that set no feature bit. */
const NOT_FROM_CLIENT: ReadonlySet<Kind> = new Set<Kind>([
  ...(['WELCOME', 'RESUMED', 'GONE', 'AUTH', 'AUTHED', 'GOAWAY', 'CHUNK'] as const),
  ...(['SUBSCRIBED', 'MESSAGE', 'GAP', 'STALE', 'ENDED'] as const),
]);
/** Bits that a server sets only towards a client that did. */
const ONLY_ASKED = ['RESUME', 'AUTH'] as const;
const NO_HASH = '0'.repeat(16);
/** A line of a stack, a line of a source, or a path of a file. */
const INSIDES = /\n\s*at\s|\.\w{1,4}:\d+|(?:^|[\s("'])(?:file:|[A-Za-z]:\\|\/)[\w.-]*[/\\]/;

/** Looks at what holds for each message of a peer, whatever the two talk about. */
export class Manners {
  readonly #isClient: boolean;
  /** Ids of our calls that have no final message yet. */
  readonly #asked = new Set<number>();
  /** Ids of the other side's calls that have no final message yet. */
  readonly #taken = new Set<number>();
  readonly #pings: number[] = [];
  #callsInFlight: number = SESSION_LIMITS.callsInFlight.absent;
  /** What our HELLO or WELCOME said that we can take. */
  #features = 0;

  /** `isClient` says that the other side is a server. */
  constructor(isClient: boolean) {
    this.#isClient = isClient;
  }

  /** Goes on with the calls of an earlier connection. */
  resume(before: Manners): void {
    for (const id of before.#asked) this.#asked.add(id);
    for (const id of before.#taken) this.#taken.add(id);
    this.#callsInFlight = before.#callsInFlight;
    this.#features = before.#features;
  }

  /** Notes a message of ours. */
  sent(message: Message): void {
    if (message.kind === 'HELLO') this.#features = message.features;
    else if (message.kind === 'WELCOME') this.#sentWelcome(message);
    else if (message.kind === 'CALL') this.#asked.add(message.id);
    else if (message.kind === 'PING') this.#pings.push(message.value);
    else if (message.kind === 'CHUNK' && message.isFirst) this.#sentStart(message.bytes);
    else if (isFinal(message)) this.#taken.delete(message.id);
  }

  #sentWelcome({ features, limits }: WelcomeMessage): void {
    this.#features = features;
    this.#callsInFlight = limits.callsInFlight;
  }

  /** Notes the start of a call of ours, or of a final message, that goes in chunks. */
  #sentStart(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    const kind = reader.u8();
    reader.varint();
    if (kind === KINDS.CALL) this.#asked.add(reader.varint());
    else this.#taken.delete(reader.varint());
  }

  /** Notes a message of the other side; says what is wrong with it. */
  received(message: ReceivedMessage): string | undefined {
    const never = this.#isClient ? NOT_FROM_SERVER : NOT_FROM_CLIENT;
    if (never.has(message.kind) && !this.#isOffered(message.kind))
      return `sent ${message.kind}, which it may not`;
    switch (message.kind) {
      case 'WELCOME':
        return judgeWelcome(message, this.#features);
      case 'CALL':
        return this.#takeId(message.id);
      case 'BIND':
        return judgeHashes([message.sendHash, message.receiveHash]);
      case 'SUBSCRIBE':
        return judgeHashes([message.payloadHash]);
      case 'PONG':
        return this.#takePong(message.value);
      case 'ENDED':
        return judgeText(message.message);
      case 'ERROR':
        return judgeText(message.message) ?? this.#takeAnswer(message);
      case 'RESULT':
      case 'ITEM':
      case 'END':
        return this.#takeAnswer(message);
      default:
        return undefined;
    }
  }

  /** Whether we have said that we take messages of this kind. */
  #isOffered(kind: Kind): boolean {
    if (kind === 'BIND' || kind === 'CALL') return (this.#features & FEATURES.CALLS) !== 0;
    const isToken = kind === (this.#isClient ? 'AUTHED' : 'AUTH');
    return isToken && (this.#features & FEATURES.AUTH) !== 0;
  }

  #takeId(id: number): string | undefined {
    if ((id % 2 === 1) !== this.#isClient) return `used id ${id}, which is the other side's`;
    if (this.#taken.has(id)) return `used id ${id}, which has no final message yet`;
    this.#taken.add(id);
    if (this.#taken.size <= this.#callsInFlight) return undefined;
    return `made ${this.#taken.size} calls at a time, at most ${this.#callsInFlight} are allowed`;
  }

  #takeAnswer(message: ReceivedMessage & { readonly id: number }): string | undefined {
    // Items of a caller may be on their way when its call gets the final message.
    if (!this.#isClient && (message.kind === 'ITEM' || message.kind === 'END')) return undefined;
    const { id, kind } = message;
    if (!this.#asked.has(id)) return `sent ${kind} of id ${id}, for which nothing is due`;
    if (isFinal(message)) this.#asked.delete(id);
    return undefined;
  }

  #takePong(value: number): string | undefined {
    const index = this.#pings.indexOf(value);
    if (index < 0) return `sent PONG with ${value}, for which there was no PING`;
    // One PONG may answer the earlier ones as well.
    this.#pings.splice(0, index + 1);
    return undefined;
  }
}

function isFinal<M extends ReceivedMessage>(message: M): message is M & { readonly id: number } {
  return ['RESULT', 'ERROR', 'END'].includes(message.kind);
}

function judgeWelcome(
  { features, secret, ttlMs }: WelcomeMessage,
  asked: number,
): string | undefined {
  const unasked = ONLY_ASKED.find((name) => (features & ~asked & FEATURES[name]) !== 0);
  if (unasked !== undefined)
    return `sent WELCOME with bit ${unasked} to a client that did not set it`;
  const resumes = (features & FEATURES.RESUME) !== 0;
  if (resumes === secret.length > 0 && resumes === ttlMs > 0) return undefined;
  const told = `bit RESUME ${resumes ? 'set' : 'not set'}, a secret of ${secret.length} bytes`;
  return `sent WELCOME with ${told} and ttlMs ${ttlMs}: sessions are resumed or they are not`;
}

function judgeHashes(hashes: readonly string[]): string | undefined {
  const packed = hashes.find((hash) => hash !== NO_HASH);
  return packed && `named the packed layout ${packed}, though nothing is ever packed`;
}

function judgeText(text: string): string | undefined {
  if (!INSIDES.test(text)) return undefined;
  return `told of its own code: ${JSON.stringify(text.slice(0, 100))}`;
}
