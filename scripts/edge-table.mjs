/**
 * @typedef {object} Edge
 * @property {readonly string[]} names modules (`node:*` for all of Node's) or global names
 * @property {Readonly<Record<string, string>>} homes the one file per package, or `*` for any;
 *   a package that is not listed may not name the thing at all
 * @property {string} reason
 */

/**
 * Where modules from outside may be imported. A module that is in no row may be imported nowhere.
 * @type {readonly Edge[]}
 */
export const MODULE_EDGES = [
  {
    names: ['ws'],
    homes: {
      server: 'socket/ws-acceptor.ts',
      client: 'socket/websocket-node.ts',
      codegen: 'websocket.ts',
    },
    reason: 'another WebSocket library is then a change of one file',
  },
  {
    names: ['superjson'],
    homes: { protocol: 'payload/superjson.ts' },
    reason: 'untrusted bytes must pass its gate, so there is one gate',
  },
  {
    names: ['reflect-metadata'],
    homes: { server: 'decorators/metadata.ts' },
    reason: 'all that decorators write is stored and read in one place',
  },
  {
    names: ['zod', 'zod/v4', 'zod/v4/core'],
    homes: { contract: '*' },
    reason: 'clients carry no zod, and the server knows schemas through the contract',
  },
  {
    names: ['node:*'],
    homes: { server: '*', codegen: '*', observe: '*', client: 'socket/websocket-node.ts' },
    reason: 'protocol, contract and client run in browsers and workers too',
  },
  { names: ['jiti'], homes: { codegen: 'module-loader.ts' }, reason: 'it runs the code of users' },
  { names: ['commander'], homes: { codegen: 'cli.ts' }, reason: 'one command line' },
  {
    names: ['chokidar'],
    homes: { codegen: 'file-watcher.ts' },
    reason: 'everything else sees events, so a test needs no disk',
  },
  {
    names: ['#websocket', '#page-life'],
    homes: { client: 'client.ts' },
    reason: 'the platform chooses socket and page where the client is put together',
  },
  {
    names: ['@opentelemetry/api'],
    homes: { observe: '*' },
    reason: 'spans and instruments are made where they are named',
  },
  {
    names: ['prom-client', 'prom-client/*'],
    homes: { observe: '*' },
    reason: 'metrics are counted where they are named',
  },
  {
    names: ['@opentelemetry/api'],
    homes: { observe: '*' },
    reason: 'spans and instruments are made where they are named, in files of their own',
  },
  { names: ['oxfmt'], homes: { codegen: 'source-file.ts' }, reason: 'one way to print a file' },
  { names: ['diff'], homes: { codegen: 'report.ts' }, reason: 'only people read differences' },
];

/**
 * Where global names may stand.
 * @type {readonly Edge[]}
 */
export const GLOBAL_EDGES = [
  {
    names: ['document'],
    homes: { client: 'page/page-life.ts' },
    reason: 'everything else sees its life, so a test needs no page',
  },
  {
    names: ['WebSocket', 'CloseEvent', 'MessageEvent'],
    homes: { client: 'socket/websocket-browser.ts' },
    reason: 'everything else sees the transport, so a test needs no socket',
  },
  {
    names: [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'clearTimeout',
      'clearInterval',
      'clearImmediate',
      'Date.now',
      'new Date()',
      'performance',
      'Math.random',
      'crypto',
    ],
    homes: { protocol: 'system-runtime.ts' },
    reason:
      'time and chance come from the runtime that was passed in, so that a seed repeats a run',
  },
  {
    names: ['Reflect'],
    homes: { server: 'decorators/metadata.ts', contract: '*', codegen: '*' },
    reason: 'decorator metadata is stored and read in one place',
  },
  {
    names: ['process'],
    homes: { codegen: 'cli.ts', server: 'process-edge.ts' },
    reason: 'arguments, environment, streams and exit codes belong to the edge',
  },
];
