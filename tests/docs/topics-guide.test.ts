import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('shows in docs/guides/topics.md the test that runs here', async () => {
  const guide = await readFile(new URL('../../docs/guides/topics.md', import.meta.url), 'utf8');
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(guide) ?? [];
  const run = await readFile(new URL('./topics-guide.example.test.ts', import.meta.url), 'utf8');
  expect(shown).toBe(run);
});
