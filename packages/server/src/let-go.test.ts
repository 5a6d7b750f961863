import { expect, it } from 'vitest';
import { letGo } from './let-go.js';

it('leaves nothing of a payload that would keep its batch', () => {
  const batch = new Uint8Array(1_000);
  const payload = { encoding: 1, bytes: batch.subarray(10, 20) } as const;
  letGo(payload);
  expect(payload.bytes.buffer.byteLength).toBe(0);
});
