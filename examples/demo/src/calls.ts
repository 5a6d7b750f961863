import type { ChatUser } from './chat-user.js';
import { say } from './story.js';

/** Calls that succeed, and one for each way to fail. */
export async function makeCalls({ chat }: ChatUser): Promise<void> {
  say.chapter('Calls: typed values in, typed values or typed errors out');
  const message = await chat.post({ room: 'lobby', text: 'hello' });
  const kind = message.sentAt.constructor.name;
  say.client('alice', `posted "${message.text}"; sentAt came back as a ${kind}, not as a text`);

  say.note('A declared error has typed data, and `safe` gives it as a value:');
  const closed = await chat.post.safe({ room: 'attic', text: 'anybody here?' });
  if (!closed.ok && closed.error.code === 'ROOM_CLOSED') {
    const year = closed.error.data.closedAt.getFullYear();
    say.client('alice', `ROOM_CLOSED: the ${closed.error.data.room} has been closed since ${year}`);
  }

  say.note('An input that does not fit never reaches the handler:');
  const invalid = await chat.post.safe({ room: 'lobby', text: '' });
  if (!invalid.ok && invalid.error.code === 'INVALID_INPUT') {
    const { code, executed, data } = invalid.error;
    const issue = data?.issues[0];
    say.client('alice', `${code} at "${issue?.path.join('.')}": ${issue?.message}`);
    say.client('alice', `executed: ${executed}, so it is safe to try again`);
  }

  say.note('A call that is withdrawn, and one that misses its deadline, stop their handlers:');
  const controller = new AbortController();
  const withdrawn = chat.report.safe({ ms: 10_000 }, { signal: controller.signal });
  await chat.report({ ms: 0 });
  let stopped = say.byServer();
  controller.abort();
  const cancelled = await withdrawn;
  if (!cancelled.ok) say.client('alice', `withdrew a call of 10 s: ${cancelled.error.code}`);
  await stopped;
  stopped = say.byServer();
  const late = await chat.report.safe({ ms: 10_000 }, { deadlineMs: 100 });
  if (!late.ok) say.client('alice', `gave a call of 10 s only 100 ms: ${late.error.code}`);
  await stopped;
}
