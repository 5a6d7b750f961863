import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@trunkline/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConversations } from './src/conversation.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { isPythonThere, PEER, PYTHON, runPeer } from './src/peer-program.js';
import { createProbeServer } from './src/server.js';
import { startSteeredServers } from './src/steered-servers.js';
import { judgeClient } from './src/verdict.js';

const RUN_MS = 30_000;

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

  it('goes by rules that stand in PROTOCOL.md', { timeout: RUN_MS }, async () => {
    await expectSuccess('rules');
  });

  it('finds a rule that PROTOCOL.md does not have any more', { timeout: RUN_MS }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rules-'));
    const document = join(directory, 'PROTOCOL.md');
    try {
      const text = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
      writeFileSync(document, text.replace('### CREDIT', '### Grant'));
      const { code, output } = await runPeer(['rules', document]);
      expect({ code, output }).toEqual({
        code: 1,
        output: expect.stringContaining('there is no section "CREDIT"'),
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
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
  const { code, output } = await runPeer(args);
  expect(code, `peer.py ${args.join(' ')} said:\n${output}`).toBe(0);
}
