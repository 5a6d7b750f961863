import { print, type Probe } from './client-telling.js';

/** Prints what a subscription is told until `isEnough` says so. */
export async function follow(
  { probe }: Probe,
  last: number | undefined,
  isEnough: (messages: number, gaps: number) => boolean,
): Promise<void> {
  let [messages, gaps] = [0, 0];
  await new Promise<void>((resolve) => {
    let joined: string | undefined;
    const look = (): void => {
      if (isEnough(messages, gaps)) resolve();
    };
    const subscription = probe
      .notes({ room: 'lobby' }, last === undefined ? {} : { last })
      .subscribe({
        message: (message) => {
          messages++;
          print({ message });
          look();
        },
        gap: ({ from, to, reason }) => {
          gaps++;
          print({ gap: { from, to, reason } });
          look();
        },
        state: (state) => {
          if (state.status === 'live' && state.joined?.kind !== joined) {
            joined = state.joined?.kind;
            if (joined !== 'gap') print({ state: joined });
          }
        },
      });
    void subscription;
  });
}

/** Prints a snapshot and the first topic message behind it. */
export async function followSnapshot({ probe }: Probe): Promise<void> {
  await new Promise<void>((resolve) => {
    probe.changes({ room: 'lobby' }).subscribe({
      snapshot: (snapshot) => print({ snapshot }),
      message: (message) => {
        print({ message });
        resolve();
      },
    });
  });
}

/** Prints what a subscription is told until the server ends it. */
export async function followToItsEnd({ probe }: Probe): Promise<void> {
  await new Promise<void>((resolve) => {
    probe.notes({ room: 'lobby' }).subscribe({
      message: (message) => print({ message }),
      state: ({ status, joined, error }) => {
        if (status === 'live') print({ state: joined?.kind });
        if (status !== 'ended') return;
        print({ ended: { code: error?.code } });
        resolve();
      },
    });
  });
}
