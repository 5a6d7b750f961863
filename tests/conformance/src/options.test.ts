import { describe, expect, it } from 'vitest';
import { readConversations } from './conversation.js';
import { readOptions } from './options.js';

const ALL = readConversations();

describe('readOptions', () => {
  it('asks for all of ours when nothing is said', () => {
    expect(readOptions([], ALL)).toMatchObject({ isOurs: true, chosen: ALL });
  });

  it('chooses conversations by their names', () => {
    const { chosen, isOurs } = readOptions(['--only', 'call,late-hello'], ALL);
    expect(isOurs).toBe(true);
    expect(chosen.map(({ name }) => name)).toEqual(['call', 'late-hello']);
  });

  it.each([
    [['--only', 'calls'], 'unknown conversation "calls": expected connect, call, '],
    [['--only', 'late-hello', '--client', 'x'], '"late-hello" cannot test a client'],
    [['--only', 'call,violation', '--url', 'ws://x'], '"violation" cannot test a server'],
    [['--url', 'http://localhost'], 'bad address "http://localhost": expected ws://… or wss://…'],
    [['--url', 'localhost'], 'bad address "localhost"'],
    [['--server', 'ws://x'], "Unknown option '--server'"],
  ])('refuses %j', (args, words) => {
    expect(() => readOptions(args, ALL)).toThrow(words);
  });
});
