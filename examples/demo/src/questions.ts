import type { Users } from './chat-user.js';
import { say } from './story.js';

/** The server calls its clients in the middle of a call of theirs. */
export async function askBack({ alice, bob, carol }: Users): Promise<void> {
  say.chapter('Calls of the server: it asks before it removes anything');
  for (const [name, { chat }] of Object.entries({ bob, carol, alice })) {
    const cleared = await chat.clear.safe({ room: 'lobby' });
    if (cleared.ok) say.client(name, `had ${cleared.value.removed} messages removed`);
    else if (cleared.error.code === 'KEPT') {
      say.client(name, `got KEPT, ${cleared.error.data.why}`);
    }
  }
}
