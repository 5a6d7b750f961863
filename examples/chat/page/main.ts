import { ChatSession } from './chat-session.js';
import { Composer } from './composer.js';
import { connectChat } from './connect-chat.js';
import { showConnection } from './connection-indicator.js';
import { MessageList } from './message-list.js';
import { NewRoomForm } from './new-room-form.js';
import { part } from './parts.js';
import { PeopleList } from './people-list.js';
import { addressOf, roomOfAddress } from './room-address.js';
import { RoomList } from './room-list.js';
import { SignInForm } from './sign-in-form.js';
import { TabIdentity } from './tab-identity.js';

const identity = new TabIdentity(sessionStorage);
const client = connectChat(identity);
showConnection(client.connection);

const rooms = new RoomList(() => composer.focus());
const composer: Composer = new Composer(client.chat, () => rooms.focus());
const views = { rooms, composer, messages: new MessageList(), people: new PeopleList() };
const signInForm = new SignInForm(client.door, enter);
let session: ChatSession | undefined;

function enter(me: string): void {
  identity.name = me;
  part('me', HTMLElement).textContent = me;
  showPart('chat');
  session = new ChatSession({ client, views, me, signedOut: () => leave(me) });
  session.show(roomOfAddress());
  composer.focus();
}

/** Asks for a name again: for another one, where somebody has taken that of the reader. */
function leave(taken?: string): void {
  session?.close();
  session = undefined;
  identity.name = undefined;
  showPart('welcome');
  signInForm.ask(taken ?? '', taken === undefined ? '' : `“${taken}” was given to somebody else.`);
}

function showPart(id: 'welcome' | 'chat'): void {
  const isChat = id === 'chat';
  part('welcome', HTMLElement).hidden = isChat;
  for (const name of ['chat', 'rooms-toggle', 'skip']) part(name, HTMLElement).hidden = !isChat;
}

addEventListener('hashchange', () => {
  session?.show(roomOfAddress());
  // The keyboard of a phone would cover what is to be read.
  if (!matchMedia('(pointer: coarse)').matches) composer.focus();
});
new NewRoomForm(client.chat, (room) => {
  location.hash = addressOf(room);
  composer.focus();
});
part('sign-out', HTMLButtonElement).addEventListener('click', () => leave());
part('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  // The address names the room, so it must not change.
  event.preventDefault();
  composer.focus();
});

if (identity.name === undefined) leave();
else enter(identity.name);
