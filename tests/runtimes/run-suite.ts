import type { Host } from './case.js';
import { cases, runCase } from './suite.js';

/**
 * Runs the suite in Node, Bun or Deno, as `run-suite.js <host>` with the host as JSON. Prints one
 * line of JSON for each case and one at the end, and then leaves it to the process to end.
 */
const host = JSON.parse(process.argv[2] ?? '') as Host;

// Which WebSocket the client takes depends on the platform, and is worth knowing.
let globalSockets = 0;
if ('WebSocket' in globalThis) {
  globalThis.WebSocket = new Proxy(WebSocket, {
    construct: (target, args: ConstructorParameters<typeof WebSocket>) => {
      globalSockets++;
      return new target(...args);
    },
  });
}

for (const one of cases) console.log(JSON.stringify(await runCase(one, host)));
const webSocket = globalSockets > 0 ? 'global' : 'ws';
console.log(JSON.stringify({ cases: cases.length, webSocket }));
