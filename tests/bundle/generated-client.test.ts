import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PAGE = `
  import { connect } from '@trunkline/client';
  import { ChatClient } from './examples/demo/src/generated/chat.client.ts';
  const client = connect('wss://example.com', { services: { chat: ChatClient } });
  client.chat.post({ room: 'lobby', text: 'hello' }).then(console.log);
`;

/** Bundles a page that uses a generated client, as a frontend build does. */
async function bundle() {
  const { outputFiles, metafile } = await build({
    stdin: { contents: PAGE, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    write: false,
    conditions: ['@trunkline/source'],
  });
  const text = outputFiles[0]?.text ?? '';
  return { text, inputs: Object.keys(metafile.inputs), gzipBytes: gzipSync(text).length };
}

describe('the bundle of a generated client', () => {
  it('has neither zod nor ws nor anything of Node in it', async () => {
    const { inputs, text } = await bundle();
    expect(inputs.some((input) => input.includes('packages/client/src'))).toBe(true);
    for (const outside of [
      'node_modules/zod',
      'node_modules/ws',
      'packages/contract',
      'packages/server',
      'reflect-metadata',
    ]) {
      expect(inputs.filter((input) => input.includes(outside))).toEqual([]);
    }
    expect(text).not.toMatch(/["']node:/);
  });

  it('needs no eval, so that it runs under a strict content-security policy', async () => {
    const { text } = await bundle();
    expect(text).not.toMatch(/\beval\(|new Function\b|\bFunction\(/);
  });
});
