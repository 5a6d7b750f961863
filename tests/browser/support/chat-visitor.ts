import { connect } from '@trunkline/client';
import { randomBytes } from 'node:crypto';
import { ChatClient } from '../../../examples/chat/src/generated/chat.client.js';
import { DoorClient } from '../../../examples/chat/src/generated/door.client.js';

/** Makes a token of the chat for somebody new. */
export function newToken(name: string): string {
  return `${randomBytes(16).toString('hex')}:${name}`;
}

/** Connects to a chat without a page, by a token that `newToken` gave. */
export function connectChat(port: number, token: string) {
  return connect(`ws://localhost:${port}/trunkline`, {
    services: { chat: ChatClient, door: DoorClient },
    auth: () => token,
  });
}

/** Somebody in a room who needs no page. */
export interface ChatVisitor extends AsyncDisposable {
  say(text: string): Promise<void>;
  /** The names of who is in the room, as this visitor was told last. */
  readonly names: readonly string[];
}

/** Enters a room of a chat under a name. */
export async function visitChat(port: number, name: string, room = 'lobby'): Promise<ChatVisitor> {
  const client = connectChat(port, newToken(name));
  let names: readonly string[] = [];
  await new Promise<void>((entered, error) => {
    client.chat.people({ room }).subscribe({
      item: (now) => {
        names = now;
        entered();
      },
      error,
    });
  });
  return {
    get names() {
      return names;
    },
    say: (text) => client.chat.post({ room, text }),
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
