// A client that breaks one rule: `node wrong-client.fixture.mjs <fault> <conversation> <url>`.
import { spawn } from 'node:child_process';
import { WebSocket } from 'ws';

const [fault = '', , url = ''] = process.argv.slice(2);
const NO_HASH = '00'.repeat(8);
const HELLO = '00010d0000096c65742d6d652d696e00';
const HELLO_WRONG = '00010900000577726f6e6700';
const HELLO_CLAIMING = '00010d1f00096c65742d6d652d696e00';
const BIND_SUM = bind('0100', '01', 'probe.sum');
const BIND_WAIT = bind('0100', '00', 'probe.wait');
const BIND_ECHO = bind('0100', '00', 'probe.echo');
const BIND_COUNT = bind('0100', '01', 'probe.count');
const BIND_DOUBLE = bind('0100', '01', 'probe.double');

/** A batch with BIND of procedure 0. */
function bind(/** @type {string} */ seq, /** @type {string} */ kind, /** @type {string} */ name) {
  const size = (name.length + 19).toString(16).padStart(2, '0');
  const length = name.length.toString(16).padStart(2, '0');
  return `01${seq}50${size}00${kind}${length}${Buffer.from(name).toString('hex')}${NO_HASH}${NO_HASH}`;
}

/** A batch with CALL of procedure 0 and a value as superjson. */
function call(/** @type {number} */ seq, /** @type {number} */ id, /** @type {string} */ value) {
  const json = Buffer.from(`{"json":${value}}`);
  const body = Buffer.from([id, 0, 2, json.length, ...json, 0]);
  return Buffer.from([1, seq, 0, 0x51, body.length, ...body]).toString('hex');
}

/** A batch with an ITEM of id 0. */
function item(/** @type {number} */ seq, /** @type {number} */ value) {
  const json = Buffer.from(`{"json":${value}}`);
  return Buffer.from([1, seq, 0, 0x55, json.length + 4, 0, 2, json.length, ...json, 0]).toString(
    'hex',
  );
}

/** Digits of a head with a number. */
const HEAD_DIGITS = 6;
const CALL_0 = '0102005103000000';
const CREDIT_OF_NO_BYTES = '002003006000';
/** What is sent when WELCOME has come. @type {Readonly<Record<string, readonly string[]>>} */
const SAID = {
  overdraw: [BIND_SUM, CALL_0, ...Array.from({ length: 17 }, (_, n) => item(n + 3, n + 1))],
  deadline: [BIND_WAIT, '01020051070000' + '08' + '01000000'],
  hash: [BIND_WAIT.replace(NO_HASH, 'ff'.repeat(8))],
  // In one batch, so that no result comes in between.
  greedy: [
    ['one', 'two', 'three']
      .map((text, n) => call(n + 2, 2 * n, JSON.stringify({ text })).slice(HEAD_DIGITS))
      .reduce((batch, message) => batch + message, BIND_ECHO),
  ],
  shrinks: [BIND_COUNT, call(2, 0, '{"to":200}'), CREDIT_OF_NO_BYTES],
  deaf: [BIND_DOUBLE, CALL_0, item(3, 1), item(4, 2), item(5, 3), '01060056020000'],
};
const HELLOS = new Map([
  ['stubborn', HELLO_WRONG],
  ['claims', HELLO_CLAIMING],
]);

function converse() {
  const socket = new WebSocket(url, ['trunkline.v1.superjson']);
  const send = (/** @type {string} */ hex) => socket.send(Buffer.from(hex, 'hex'));
  socket.on('open', () => {
    if (fault === 'text') return socket.send('hello');
    send(HELLOS.get(fault) ?? HELLO);
  });
  socket.on('error', () => undefined);
  socket.once('message', (data) => {
    const said = SAID[fault];
    if (said !== undefined) return said.forEach(send);
    // WELCOME alone has no more bytes than its size says.
    const bytes = /** @type {Buffer} */ (data);
    if (bytes.length > 3 + (bytes[2] ?? 0)) return socket.close(4400);
    console.log(JSON.stringify(fault === 'prints' ? { result: 'nothing' } : { welcome: true }));
    if (fault === 'code') process.exitCode = 3;
    socket.close(1000);
  });
  return socket;
}

switch (fault) {
  case 'crash':
    throw new Error('crashed');
  case 'silent':
    break;
  case 'endless':
    setInterval(() => console.log('y'.repeat(65_536)), 1);
    converse();
    break;
  case 'long':
    console.log('z'.repeat(10_000));
    converse();
    break;
  case 'forks':
    // It holds our pipes when we are gone.
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();
    converse();
    break;
  case 'stubborn':
    converse().once('close', (code) => {
      console.log(JSON.stringify({ closed: code }));
      converse().once('close', () => undefined);
    });
    break;
  default:
    converse();
}
