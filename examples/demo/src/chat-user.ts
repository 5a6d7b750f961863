import { connect, serve } from '@trunkline/client';
import { ChatClient } from './generated/chat.client.js';
import { say } from './story.js';

/** Who says yes when the server asks; carol has no handler for that. */
const AGREES: Readonly<Record<string, boolean>> = { alice: true, bob: false };

/** Answers what the server asks a user. */
function answersOf(name: string) {
  const agreed = AGREES[name];
  if (agreed === undefined) return serve(ChatClient, {});
  return serve(ChatClient, {
    confirm: ({ question }) => {
      say.client(name, `is asked "${question}" and says ${agreed ? 'yes' : 'no'}`);
      return { agreed };
    },
  });
}

/** Connects as one of the users of app.ts. Calls wait until the connection is there. */
export function connectAs(name: string, port: number) {
  return connect(`ws://127.0.0.1:${port}`, {
    services: { chat: ChatClient },
    handlers: [answersOf(name)],
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
