import { connect } from '@trunkline/client';
import { ChatClient } from './generated/chat.client.js';

/** Connects as one of the users of app.ts. Calls wait until the connection is there. */
export function connectAs(name: string, port: number) {
  return connect(`ws://127.0.0.1:${port}`, {
    services: { chat: ChatClient },
    auth: () => `token-of-${name}`,
    reconnect: { minMs: 50, maxMs: 500 },
  });
}

/** A connected user. */
export type ChatUser = ReturnType<typeof connectAs>;

/** The three users of the demo. */
export interface Users {
  readonly alice: ChatUser;
  readonly bob: ChatUser;
  readonly carol: ChatUser;
}
