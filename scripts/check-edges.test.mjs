import { describe, expect, it } from 'vitest';
import { findEdgeFaults } from './check-edges.mjs';
import { createTree } from './fixture-tree.mjs';

const TABLES = {
  modules: [
    { names: ['ws'], homes: { server: 'edge.ts' }, reason: 'one edge' },
    { names: ['superjson'], homes: { server: 'edge.ts' }, reason: 'one gate' },
    { names: ['node:*'], homes: { server: '*' }, reason: 'runs on Node' },
  ],
  globals: [
    { names: ['WebSocket', 'process'], homes: { server: 'edge.ts' }, reason: 'one edge' },
    { names: ['Date.now', 'new Date()', 'setTimeout'], homes: {}, reason: 'virtual time' },
  ],
};

/** @type {(text: string, files?: Record<string, string>) => string[]} */
function faultsOf(text, files = { 'packages/server/src/edge.ts': 'export {};' }) {
  const root = createTree({ ...files, 'packages/server/src/a.ts': text });
  return findEdgeFaults(root, TABLES);
}

describe('findEdgeFaults', () => {
  it('accepts a thing in its home, Node where it is free, and sister packages', () => {
    const home = "import { WebSocket } from 'ws';\nprocess.exit(1);";
    const other = "import 'node:fs';\nimport '@trunkline/protocol';\nimport './edge.js';";
    expect(faultsOf(other, { 'packages/server/src/edge.ts': home })).toEqual([]);
  });

  it('refuses a module outside its home, type imports included', () => {
    expect(faultsOf("\nimport type { WebSocket } from 'ws';")).toEqual([
      'packages/server/src/a.ts:2: names "ws"; only edge.ts may: one edge',
    ]);
  });

  it('refuses a module that is in no row', () => {
    expect(faultsOf("import 'left-pad';")).toEqual([
      'packages/server/src/a.ts:1: module "left-pad" has no row in edge-table.mjs',
    ]);
  });

  it.each([
    ['a value', 'export const id = process.pid;', 'process'],
    ['a type', 'export let socket: WebSocket;', 'WebSocket'],
    ['a member of globalThis', 'export const id = globalThis.process.pid;', 'process'],
    ['a shorthand', 'export const outside = { process };', 'process'],
    ['a read of the clock', 'export const at = Date.now();', 'Date.now'],
    ['a date of now', 'export const at = new Date();', 'new Date()'],
    ['a type query', 'export type Timer = ReturnType<typeof setTimeout>;', 'setTimeout'],
  ])('refuses %s of a global name', (_kind, text, name) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(`a.ts:1: names "${name}"`)]);
  });

  it.each([
    ['a member', 'export const stop = (job: { process: number }) => job.process;'],
    ['a parameter', 'export const run = (process: () => void) => process();'],
    ['a destructured name', 'const { timer: setTimeout } = { timer: 1 };\nexport { setTimeout };'],
    ['a key', 'export const keys = { process: 1, WebSocket: 2 };'],
    ['an import', "import { WebSocket } from './edge.js';\nexport type Socket = WebSocket;"],
    ['a date of its own', 'export const at = new Date(0);'],
  ])('accepts %s that only looks like a global name', (_kind, text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it("refuses superjson's own decoders, and leaves JSON alone", () => {
    const home = "import superjson from 'superjson';\nsuperjson.parse('');\nJSON.parse('');";
    const faults = faultsOf('export const read = (codec: any) => codec.deserialize();', {
      'packages/server/src/edge.ts': home,
    });
    expect(faults).toEqual([
      expect.stringContaining('a.ts:1: superjson\'s "deserialize" must not be used'),
      expect.stringContaining('edge.ts:2: superjson\'s "parse" must not be used'),
    ]);
  });

  it('refuses a home that does not exist', () => {
    expect(faultsOf('export {};', {})).toContain(
      'edge-table.mjs: home of "ws" is packages/server/src/edge.ts, which does not exist',
    );
  });
});
