import type {
  ClientConnection,
  ConnectionState,
  Gap,
  Subscription,
  SubscriptionState,
  Topic,
} from '@trunkline/client';

/** Resolves with the first state of a connection that fits, the present one included. */
export function stateOf(
  connection: ClientConnection,
  fits: (state: ConnectionState) => boolean,
): Promise<ConnectionState> {
  const { state } = connection;
  return fits(state) ? Promise.resolve(state) : changeOf(connection, fits);
}

/** Resolves with the next state of a connection that fits. */
export function changeOf(
  connection: ClientConnection,
  fits: (state: ConnectionState) => boolean,
): Promise<ConnectionState> {
  return new Promise((resolve) => {
    const stop = connection.watch((state) => {
      if (!fits(state)) return;
      stop();
      resolve(state);
    });
  });
}

/** A subscription, and all that it was told. */
export interface Listening<Message> {
  readonly subscription: Subscription;
  readonly messages: readonly Message[];
  readonly gaps: readonly Gap[];
  readonly states: readonly SubscriptionState[];
  /** Resolves as soon as the condition holds, which is looked at whenever something is told. */
  until(holds: () => boolean): Promise<void>;
  /** Resolves when the latest state has this status. */
  status(status: SubscriptionState['status']): Promise<void>;
}

/** Subscribes to a topic and keeps what comes. */
export function listen<Message>(topic: Topic<Message>): Listening<Message> {
  const messages: Message[] = [];
  const gaps: Gap[] = [];
  const states: SubscriptionState[] = [];
  const looks = new Set<() => void>();
  const keep =
    <Told>(list: Told[]) =>
    (told: Told): void => {
      list.push(told);
      for (const look of looks) look();
    };
  const until = (holds: () => boolean): Promise<void> => {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
  };
  return {
    subscription: topic.subscribe({
      message: keep(messages),
      gap: keep(gaps),
      state: keep(states),
    }),
    messages,
    gaps,
    states,
    until,
    status: (status) => until(() => states.at(-1)?.status === status),
  };
}
