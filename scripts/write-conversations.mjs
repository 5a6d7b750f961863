// Writes the bytes of each conversation into tests/vectors/conversations.json, and all of them into
// PROTOCOL.md; with --check it only tells whether one of the two is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeBatch, takesNumber, Writer } from '@trunkline/protocol';
import {
  callsOf,
  itemsOf,
  readConversations,
  toMessage,
} from '../tests/conformance/dist/conversation.js';

/**
 * @typedef {import('../tests/conformance/dist/conversation.js').Conversation} Conversation
 * @typedef {import('../tests/conformance/dist/conversation.js').Step} Step
 * @typedef {import('../tests/conformance/dist/conversation.js').Side} Side
 * @typedef {import('@trunkline/protocol').BatchHead} BatchHead
 * @typedef {import('../tests/conformance/dist/conversation.js').ShownMessage} ShownMessage
 * @typedef {{ tx: number, sent: number, rx: number, acked: number }} Numbers of one side: given,
 *   written on this connection, received, acknowledged
 * @typedef {Record<Side, Numbers>} Session
 */

const VECTORS = fileURLToPath(new URL('../tests/vectors/conversations.json', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../PROTOCOL.md', import.meta.url));
const START = '<!-- conversations: written by scripts/write-conversations.mjs -->\n';
const END = '<!-- end of conversations -->';
const WIDTH = 100;

/** Numbers that both sides have at the start of a connection. @returns {Session} */
function startOfConnection() {
  const none = { tx: 0, sent: 0, rx: 0, acked: 0 };
  return { client: { ...none }, server: { ...none } };
}

/**
 * Gives a step that sends messages its head and its bytes.
 * @param {Step} step
 * @param {Session} numbers
 * @returns {{ head?: BatchHead, hex?: string }}
 */
function bytesOf(step, numbers) {
  const shown = 'messages' in step ? step.messages : shownOf(step);
  if (shown === undefined) return {};
  const from = numbers[step.from];
  const to = numbers[step.from === 'client' ? 'server' : 'client'];
  const messages = shown.map(toMessage);
  const numbered = messages.filter(takesNumber).length;
  const { now, again } = 'messages' in step ? step : {};
  const isLost = 'lost' in step;
  if (again) from.sent -= numbered;
  /** @type {BatchHead} */
  const head = {
    ...(numbered > 0 ? { seq: from.sent + 1 } : {}),
    ...(from.rx > from.acked || messages.length === 0 ? { ack: from.rx } : {}),
    ...(now ? { now } : {}),
  };
  from.sent += numbered;
  from.tx = Math.max(from.tx, from.sent);
  if (!isLost) {
    from.acked = from.rx;
    to.rx = Math.max(to.rx, from.sent);
  }
  const batch = 'messages' in step ? messages : messages.slice(0, 1);
  return { head, hex: Buffer.from(encodeBatch(new Writer(), head, batch)).toString('hex') };
}

/** @param {Step} step */
function shownOf(step) {
  if ('items' in step) return itemsOf(step);
  return 'calls' in step ? callsOf(step) : undefined;
}

/** @param {Conversation} conversation @returns {Conversation} */
function withBytes(conversation) {
  let numbers = startOfConnection();
  let before = startOfConnection();
  /** @type {Session | undefined} */
  let older;
  const steps = conversation.steps.map((step) => {
    if ('on' in step) {
      const written = { ...step, ...bytesOf(step, older ?? numbers) };
      if ('close' in step) older = undefined;
      return written;
    }
    if ('close' in step || 'opens' in step) {
      if (hasSession(numbers)) before = numbers;
      numbers = 'opens' in step ? startOfConnection() : (older ?? startOfConnection());
      older = 'opens' in step ? before : undefined;
    }
    if ('bytes' in step) countBytes(step, numbers);
    const placed = 'messages' in step && !step.exact ? place(step, before) : step;
    if ('messages' in placed && placed.messages[0]?.kind === 'RESUMED') goOn(numbers, before);
    return { ...placed, ...bytesOf(placed, numbers) };
  });
  return { ...conversation, steps };
}

/** @param {Session} numbers */
function hasSession({ client, server }) {
  return client.tx + server.tx > 0;
}

/**
 * Gives messages that say where a session is its numbers.
 * @template {{ messages: readonly ShownMessage[] }} S
 * @param {S} step @param {Session} before
 * @returns {S}
 */
function place(step, { client, server }) {
  const messages = step.messages.map((message) => {
    if (message.kind === 'RESUME') return { ...message, rx: client.rx, first: server.acked + 1 };
    if (message.kind === 'RESUMED') return { ...message, rx: server.rx };
    const isTold = message.kind === 'GONE' && message.rx !== undefined;
    return isTold ? { ...message, rx: server.rx } : message;
  });
  return { ...step, messages };
}

/** @param {Session} numbers @param {Session} before */
function goOn(numbers, before) {
  for (const [side, other] of /** @type {const} */ ([
    ['client', 'server'],
    ['server', 'client'],
  ])) {
    const { tx, rx } = before[side];
    numbers[side] = { tx, rx, sent: before[other].rx, acked: rx };
  }
}

/** @param {{ from: Side, sequenced?: number }} step @param {Session} numbers */
function countBytes({ from, sequenced = 0 }, numbers) {
  numbers[from].tx += sequenced;
  numbers[from].sent += sequenced;
  numbers[from === 'client' ? 'server' : 'client'].rx += sequenced;
}

/** @param {Conversation} conversation */
function show({ number, name, title, text, steps, opened, offers }) {
  const start = opened ? undefined : 'This is all that is said on the connection.';
  const offered = offers && `The client offers \`${offers.join('`, `')}\`.`;
  const words = [text, offered, start].filter(Boolean).join(' ');
  const lines = steps.map(showStep).join('\n');
  return `### ${number}. ${title}\n\n${wrap(words)}\n\n\`\`\`conversation ${name}\n${lines}\n\`\`\`\n`;
}

/** @param {Step} step */
function showStep(step) {
  const says = `${step.from}: ${step.says.replaceAll('`', '')}`;
  const hex = 'bytes' in step ? step.bytes : 'hex' in step ? step.hex : undefined;
  if (hex === undefined) return says;
  const many = 'items' in step ? step.items.count : 'calls' in step ? step.calls.count : 1;
  const more = many > 1 ? ' …' : '';
  return [says, ...splitBatch(hex).flatMap(foldLine)].join('\n') + more;
}

/**
 * Splits a batch into its head and its messages, with spaces behind kind and size.
 * @param {string} hex
 */
function splitBatch(hex) {
  const bits = Number.parseInt(hex.slice(0, 2), 16);
  let at = 2 + (bits & 1) * 4 + (bits & 2) * 2;
  const lines = [hex.slice(0, at)];
  while (at < hex.length) {
    let end = at + 2;
    while (Number.parseInt(hex.slice(end, end + 2), 16) >= 128) end += 2;
    end += 2;
    const size = sizeOf(hex.slice(at + 2, end));
    const body = hex.slice(end, end + size * 2);
    lines.push(`${hex.slice(at, at + 2)} ${hex.slice(at + 2, end)} ${body}`.trimEnd());
    at = end + size * 2;
  }
  return lines;
}

/** @param {string} hex digits of a varint */
function sizeOf(hex) {
  const bytes = [...Buffer.from(hex, 'hex')];
  return bytes.reduceRight((size, byte) => size * 128 + (byte & 127), 0);
}

/** @param {string} line */
function foldLine(line) {
  const parts = line.match(new RegExp(`.{1,${WIDTH - 6}}`, 'g')) ?? [];
  return parts.map((part, index) => `${index === 0 ? '    ' : '      '}${part}`);
}

/** @param {string} words */
function wrap(words) {
  const lines = [''];
  for (const word of words.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** @param {unknown} value */
function stringify(value) {
  /** @type {(key: string, part: unknown) => unknown} */
  const replace = (_key, part) =>
    part instanceof Uint8Array ? { $hex: Buffer.from(part).toString('hex') } : part;
  return `${JSON.stringify(value, replace, 2)}\n`;
}

const conversations = readConversations().map(withBytes);
const vectors = stringify(conversations);
const document = readFileSync(DOCUMENT, 'utf8');
const [start, end] = [document.indexOf(START), document.indexOf(END)];
if (start < 0 || end < start) throw new Error(`PROTOCOL.md has no "${START.trim()}"`);
const section = `${START}\n${conversations.map(show).join('\n')}\n`;
const written = document.slice(0, start) + section + document.slice(end);

if (!process.argv.includes('--check')) {
  writeFileSync(VECTORS, vectors);
  writeFileSync(DOCUMENT, written);
} else if (written !== document || vectors !== readFileSync(VECTORS, 'utf8')) {
  console.error('conversations are stale: run node scripts/write-conversations.mjs');
  process.exitCode = 1;
}
