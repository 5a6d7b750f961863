import { parentPort, workerData } from 'node:worker_threads';
import { createPageAnswer } from './page-answer.js';
import type { FromServer, ServerData, ToServer } from './thread-message.js';
import { TickerServer } from './ticker-server.js';

if (parentPort === null) throw new Error('this file is the program of a worker thread');
const parent = parentPort;
const tell = (message: FromServer): void => parent.postMessage(message);

const { timing, page } = workerData as ServerData;
const server = new TickerServer({
  timing,
  answerPage: createPageAnswer(page),
  made: ({ number }) => tell({ kind: 'made', number }),
  cut: () => tell({ kind: 'cut' }),
});
parent.on('message', (message: ToServer) => {
  if (message === 'start') server.start();
  else if (message === 'beLate') server.beLate();
  else void server.close().then(() => parent.close());
});
tell({ kind: 'listening', port: await server.listen() });
