/** Names one field of a topic message, or several: messages with equal ones have the same key. */
export type KeyFields<Message> = [Message] extends [object]
  ? (keyof Message & string) | readonly (keyof Message & string)[]
  : never;

/** Only the newest topic message of each key is delivered. */
export interface LatestDelivery<Message = never> {
  /** The field of a message that is its key, or several; `true` for one key for all messages. */
  readonly latest: true | KeyFields<Message>;
  /** As often a second each key is delivered at most; without it once a turn of the server. */
  readonly maxPerSecond?: number;
}

/** A slow subscriber gets only the newest topic message of each key until it has caught up. */
export interface Conflate<Message = never> {
  /** As in `LatestDelivery`. */
  readonly conflate: true | KeyFields<Message>;
}

/** How the topic messages of a topic reach its subscribers, with all defaults filled in. */
export interface Delivery {
  /** Fields whose values are a message's key, none for one key; `undefined` where nothing has keys. */
  readonly key: readonly string[] | undefined;
  /** Whether everybody gets only the newest of each key. */
  readonly isLatest: boolean;
  readonly maxPerSecond: number | undefined;
  /** What becomes of a subscriber that is too slow. */
  readonly slow: 'gap' | 'conflate' | 'close';
}

/** The options of a topic that say how it is delivered, as they were given. */
export interface DeliveryOptions {
  readonly delivery?: unknown;
  readonly slow?: unknown;
}

/** Fills in what a topic does not say of its delivery. */
export function deliveryOf({ delivery, slow }: DeliveryOptions): Delivery {
  const latest = keyIn(delivery, 'latest');
  const conflated = keyIn(slow, 'conflate');
  const standard = latest === undefined ? 'gap' : 'conflate';
  const isWord = slow === 'gap' || slow === 'close' || slow === 'conflate';
  return {
    key: latest ?? conflated,
    isLatest: latest !== undefined,
    maxPerSecond: latest && (delivery as LatestDelivery).maxPerSecond,
    slow: isWord ? slow : conflated === undefined ? standard : 'conflate',
  };
}

/** The fields that a key is made of. */
function keyIn(option: unknown, name: 'latest' | 'conflate'): readonly string[] | undefined {
  if (typeof option !== 'object' || option === null || !(name in option)) return undefined;
  const fields: unknown = (option as Readonly<Record<string, unknown>>)[name];
  if (fields === true) return [];
  return typeof fields === 'string' ? [fields] : (fields as readonly string[]);
}
