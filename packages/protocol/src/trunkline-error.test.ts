import { describe, expect, it } from 'vitest';
import { locate, TrunklineError } from './trunkline-error.js';

describe('TrunklineError', () => {
  it('carries code, message, data, executed, the time to wait and the cause', () => {
    const cause = new Error('disk');
    const error = new TrunklineError('BUSY', 'try later', {
      data: { queue: 3 },
      executed: 'no',
      retryAfterMs: 250,
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('TrunklineError');
    expect(error.message).toBe('try later');
    expect(error).toMatchObject({ code: 'BUSY', data: { queue: 3 }, executed: 'no', cause });
    expect(error.retryAfterMs).toBe(250);
  });

  it('has no cause unless one was given', () => {
    expect('cause' in new TrunklineError('BUSY', '')).toBe(false);
    expect('cause' in new TrunklineError('BUSY', '', { cause: undefined })).toBe(true);
  });

  it('is told what it is about once, in its text too', () => {
    const cause = new Error('disk');
    const bare = new TrunklineError('BUSY', 'try later', { data: 1, executed: 'no', cause });
    const located = locate(bare, 'chat.post');
    expect(located).toMatchObject({
      where: 'chat.post',
      message: 'chat.post: try later',
      code: 'BUSY',
      data: 1,
      executed: 'no',
      cause,
    });
    expect(bare.where).toBeUndefined();
    expect(locate(located, 'chat.other')).toBe(located);
    expect(locate(located, 'chat.other', 'unknown')).toMatchObject({
      where: 'chat.post',
      message: 'chat.post: try later',
      executed: 'unknown',
    });
    expect('cause' in locate(new TrunklineError('BUSY', ''), 'chat.post')).toBe(false);
  });

  it('shows its brand to no loop over its properties', () => {
    const error = new TrunklineError('BUSY', 'x');
    expect(Object.getOwnPropertySymbols(error)).toHaveLength(1);
    expect(Object.getOwnPropertySymbols(Object.assign({}, error))).toHaveLength(0);
  });

  it('is recognised across two copies of the package', async () => {
    const copy = (await import('./trunkline-error.js?copy' as string)) as {
      TrunklineError: typeof TrunklineError;
    };
    expect(copy.TrunklineError).not.toBe(TrunklineError);
    expect(new copy.TrunklineError('BUSY', 'x') instanceof TrunklineError).toBe(true);
    expect(new TrunklineError('BUSY', 'x') instanceof copy.TrunklineError).toBe(true);
  });

  it.each([null, undefined, 'BUSY', 7, {}, new Error('x'), { code: 'BUSY', message: 'x' }])(
    'is not recognised in %s',
    (value) => {
      expect((value as unknown) instanceof TrunklineError).toBe(false);
    },
  );

  it('does not take every error for one of a subclass', () => {
    class RoomError extends TrunklineError {}
    expect(new RoomError('ROOM', 'x') instanceof RoomError).toBe(true);
    expect(new RoomError('ROOM', 'x') instanceof TrunklineError).toBe(true);
    expect(new TrunklineError('BUSY', 'x') instanceof RoomError).toBe(false);
  });
});
