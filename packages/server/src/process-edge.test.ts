import { expect, it, onTestFinished, vi } from 'vitest';
import { printFailure } from './process-edge.js';

it('prints where a failure was caused behind the failure', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  const cause = new Error('thrown by the handler');
  printFailure({ error: new TypeError('not allowed', { cause }), where: 'shop.add', id: 'a1' });
  const text = String(written.mock.calls[0]?.[0]);
  expect(text).toMatch(/^trunkline: shop\.add \(a1\): TypeError: not allowed\n/);
  expect(text).toContain(`\n  caused by ${cause.stack}\n`);
});
