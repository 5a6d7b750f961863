import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('shows in docs/guides/testing.md the test that runs here', async () => {
  const guide = await readFile(new URL('../../docs/guides/testing.md', import.meta.url), 'utf8');
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(guide) ?? [];
  const run = await readFile(new URL('./testing-guide.example.test.ts', import.meta.url), 'utf8');
  expect(shown).toBe(run);
});
