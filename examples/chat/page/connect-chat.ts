import { connect } from '@trunkline/client';
import { ChatClient } from '../src/generated/chat.client.js';
import { DoorClient } from '../src/generated/door.client.js';
import type { TabIdentity } from './tab-identity.js';

/** Connects to the server that this page came from. */
export function connectChat(identity: TabIdentity) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return connect(`${scheme}://${location.host}/trunkline`, {
    services: { door: DoorClient, chat: ChatClient },
    // Asked before each connection, so a name that came later is in the next token.
    auth: () => identity.token,
    // Somebody looks at this page, and wants to be back soon; the default has more patience.
    reconnect: { minMs: 250, maxMs: 2_500 },
    agent: 'trunkline-chat',
  });
}

/** The typed client of this page. */
export type Client = ReturnType<typeof connectChat>;
