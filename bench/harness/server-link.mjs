import { BenchProcess } from './bench-process.mjs';

const START_LIMIT_MS = 60_000;

/** Makes what runs acts in the server's process; the parent carries questions and answers. */
export function createAsk() {
  const waiting = new Map();
  let lastId = 0;
  const ask = (name, args) =>
    new Promise((resolve) => {
      lastId += 1;
      waiting.set(lastId, resolve);
      process.send({ type: 'act', id: lastId, name, args });
    });
  const acted = ({ id, result }) => {
    waiting.get(id)(result);
    waiting.delete(id);
  };
  return { ask, acted };
}

/**
 * Starts a server beside the one that the load was given.
 * @param {readonly string[]} args the target and the scenario
 * @param {string} cpu a number, or "none"
 */
export async function startAnotherServer(args, cpu) {
  const server = new BenchProcess('server', args, cpu === 'none' ? null : Number(cpu));
  const { port } = await server.next('listening', { limitMs: START_LIMIT_MS });
  return { server, port };
}
