import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('shows in docs/guides/tracing.md the test that runs here', async () => {
  const guide = new URL('../../docs/guides/tracing.md', import.meta.url);
  const example = new URL('./tracing-guide.example.test.ts', import.meta.url);
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(await readFile(guide, 'utf8')) ?? [];
  expect(shown).toBe(await readFile(example, 'utf8'));
});
