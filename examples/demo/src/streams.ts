import type { Users } from './chat-user.js';
import { say } from './story.js';

const PIECES = 40;
const PIECE_BYTES = 4_096;

function* pieces(): Generator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < PIECES; index++) yield new Uint8Array(PIECE_BYTES);
}

/** A stream of messages down, and one of pieces of a file up. */
export async function runStreams({ alice, bob, carol }: Users): Promise<void> {
  say.chapter('Streams: items flow down or up, only as fast as the other side takes them');
  await alice.chat.post({ room: 'lobby', text: 'how are you?' });
  for await (const message of bob.chat.history({ room: 'lobby', limit: 10 })) {
    say.client('bob', `history of the lobby: ${message.author} wrote "${message.text}"`);
  }
  const upload = await carol.chat.upload({ name: 'photo.jpg' }, pieces());
  say.client(
    'carol',
    `sent ${upload.name} in ${PIECES} pieces; the server counted ${upload.bytes} bytes`,
  );
}
