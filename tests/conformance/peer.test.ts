import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Server } from '@trunkline/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConversations } from './src/conversation.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { createProbeServer } from './src/server.js';
import { startSteeredServers } from './src/steered-servers.js';
import { judgeClient } from './src/verdict.js';

const PEER = fileURLToPath(new URL('peer.py', import.meta.url));
const PYTHON = 'python3';
const RUN_MS = 30_000;

const isPythonThere = spawnSync(PYTHON, ['--version']).status === 0;

describe.skipIf(!isPythonThere)('a peer in Python (skipped where there is no python3)', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    server = createProbeServer({ onError: () => undefined });
    const { port } = await server.listen({ port: 0 });
    url = `ws://localhost:${port}`;
  });

  afterEach(async () => {
    await vi.waitFor(() => assert.deepEqual({ ...server.counts }, NOTHING_OPEN), {
      // Sessions that were cut last time live for a while.
      timeout: 8000,
    });
    await server.close();
  });

  it('reads and writes all vectors', { timeout: RUN_MS }, async () => {
    await expectSuccess('vectors');
  });

  it('has every conversation with our server', { timeout: RUN_MS }, async () => {
    await expectSuccess('live', '--url', url);
  });

  it('sees our server react to each breach as the protocol says', { timeout: RUN_MS }, async () => {
    await expectSuccess('misbehave', '--url', url);
  });
});

describe.skipIf(!isPythonThere)('a peer in Python, of servers that are steered,', () => {
  it('moves when they stop, and loses what it has no right to', { timeout: RUN_MS }, async () => {
    const steered = await startSteeredServers();
    try {
      await expectSuccess('steered', '--url', steered.url);
    } finally {
      await steered.close();
    }
  });
});

describe.skipIf(!isPythonThere).concurrent('the peer in Python as a client under test', () => {
  const all = readConversations();

  it.each(all.filter(({ tests }) => tests.includes('client')))(
    'holds the conversation $name',
    async (conversation) => {
      const { fault } = await judgeClient(`${PYTHON} ${PEER} converse`, conversation, all);
      expect(fault).toBeUndefined();
    },
    RUN_MS,
  );
});

async function expectSuccess(...args: string[]): Promise<void> {
  const { code, output } = await run(args);
  expect(code, `peer.py ${args.join(' ')} said:\n${output}`).toBe(0);
}

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(PYTHON, [PEER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
