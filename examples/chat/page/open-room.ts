import type { Composer } from './composer.js';
import type { Client } from './connect-chat.js';
import { failureText } from './failure-text.js';
import type { MessageList } from './message-list.js';
import type { PeopleList } from './people-list.js';

/** How much of what was said before a newcomer sees. */
const HISTORY = 100;

/** What a room is shown with. */
export interface OpenRoomOptions {
  readonly client: Client;
  readonly room: string;
  readonly me: string;
  readonly views: {
    readonly messages: MessageList;
    readonly people: PeopleList;
    readonly composer: Composer;
  };
  /** The server does not know the reader any more. */
  readonly signedOut: () => void;
  /** Leaves the room. */
  readonly signal: AbortSignal;
}

/** Reads a room, and is in it, until the signal fires. */
export function openRoom(options: OpenRoomOptions): void {
  options.views.messages.clear();
  options.views.people.clear();
  readMessages(options);
  beThere(options);
}

function readMessages({ client, room, me, views, signedOut, signal }: OpenRoomOptions): void {
  const { messages } = views;
  client.chat.messages({ room }, { last: HISTORY, signal }).subscribe({
    message: (message) => {
      messages.add(message, me);
      if (message.author === me) views.composer.said(room, message.text);
    },
    gap: (gap) => messages.addGap(gap),
    state: ({ status, joined, error }) => {
      if (status === 'live' && joined?.kind === 'fresh') messages.setJoined(joined.count);
      if (status === 'live' && joined?.kind === 'recovered') messages.setBack(joined.count);
      if (error === undefined) return;
      if (error.code === 'UNAUTHENTICATED') signedOut();
      else if (error.code === 'DENIED') messages.addNote('end', `There is no room “${room}”.`);
      else messages.addNote('end', failureText(error, 'joined'));
    },
  });
}

/**
 * The stream is what keeps the reader in the list of names: the server takes the name away when it
 * ends, also when it ends because the page is closed.
 */
function beThere(options: OpenRoomOptions): void {
  const { client, room, me, views, signedOut, signal } = options;
  client.chat.people({ room }, { signal }).subscribe({
    item: (names) => views.people.show(names, me),
    error: ({ code }) => {
      if (signal.aborted) return;
      // A stream outlives its connection, but neither its session nor its server.
      if (code === 'DRAINING' || code === 'STREAM_LOST') return beThere(options);
      views.people.clear();
      if (code === 'UNAUTHENTICATED') signedOut();
    },
  });
}
