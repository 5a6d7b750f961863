import { call, contract, describe as describeContract, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emitServer } from './emit-server.js';

const source = { from: './rooms.js', exportName: 'rooms' };

describe('emitServer', () => {
  it('has no publishers where there are no topics', () => {
    const text = emitServer(describeContract(contract('rooms', { one: call() })), source);
    expect(text).toContain('export const RoomsService:');
    expect(text).not.toContain('Topics');
  });

  it('has handlers that any class is where there are only topics', () => {
    const open = topic({ message: z.string(), public: true });
    const text = emitServer(describeContract(contract('rooms', { open })), source);
    expect(text).toContain('export type RoomsHandlers = Record<never, never>;');
    expect(text).toContain('@RoomsService()` for a class.');
    expect(text).toContain('export class RoomsTopics extends Publishers');
  });
});
