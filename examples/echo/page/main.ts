import { connect } from '@trunkline/client';
import { EchoClient } from '../src/generated/echo.client.js';
import { showConnection } from './connection-view.js';
import { find } from './find.js';
import { LogList } from './log-list.js';

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
const client = connect(`${scheme}://${location.host}`, { services: { echo: EchoClient } });
showConnection(client.connection);

const list = find('#messages', HTMLOListElement);
const messages = new LogList(list);
const field = find('#text', HTMLInputElement);

find('#say', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const text = field.value.trim();
  field.value = '';
  field.focus();
  if (text !== '') void say(text);
});

client.echo.announcements().subscribe({
  message: ({ text, sentAt }) => messages.add({ text, from: 'console', at: sentAt }),
  // What is typed into the console before the page listens is not for it.
  state: ({ status }) => (list.ariaBusy = String(status !== 'live')),
  gap: () => messages.add({ text: 'Lines of the console may be missing.', from: 'problem' }),
});

async function say(text: string): Promise<void> {
  const result = await client.echo.say.safe({ text });
  if (result.ok) return messages.add({ text: result.value, from: 'echo' });
  messages.add({ text: `No echo of “${text}”: ${result.error.message}.`, from: 'problem' });
}
