// A client that breaks one rule: `node wrong-client.fixture.mjs <fault> <conversation> <url>`.
import { WebSocket } from 'ws';

const [fault = '', , url = ''] = process.argv.slice(2);
if (fault === 'crash') throw new Error('crashed');
if (fault !== 'silent') {
  const socket = new WebSocket(url, ['trunkline.v1.superjson']);
  const send = (/** @type {string} */ hex) => socket.send(Buffer.from(hex, 'hex'));
  socket.on('open', () => {
    if (fault === 'text') return socket.send('hello');
    send('00010d0000096c65742d6d652d696e00');
  });
  socket.once('message', () => {
    console.log(JSON.stringify(fault === 'prints' ? { result: 'nothing' } : { welcome: true }));
    if (fault === 'code') process.exitCode = 3;
    if (fault !== 'overdraw') return socket.close(1000);
    send('010100501c00010970726f62652e73756d000000000000000000000000000000005103000000');
    for (let n = 1; n <= 17; n++) {
      const json = Buffer.from(`{"json":${n}}`).toString('hex');
      const size = json.length / 2;
      const seq = Buffer.from([n + 2, 0]).toString('hex');
      const sizes = Buffer.from([size + 4, 0, 2, size]).toString('hex');
      send(`01${seq}55${sizes}${json}00`);
    }
  });
}
