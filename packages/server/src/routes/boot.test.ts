import { call, contract, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bootFaults } from './boot.js';
import { implement } from './implement.js';

const open = { hasAuthenticate: true, isAnonymous: false };
const ping = contract('ping', { ping: call() });
const chat = contract('chat', {
  messages: topic({ message: z.string() }),
  news: topic({ message: z.string(), public: true }),
  typing: topic({ message: z.string(), public: true, publish: 'client' }),
});
const yes = () => true;

describe('bootFaults', () => {
  it('finds none where everything is decided', () => {
    const service = implement(chat, {
      messages: { authorize: yes },
      typing: { authorizePublish: yes },
    });
    expect(bootFaults([service], open)).toEqual([]);
    expect(bootFaults([service], { hasAuthenticate: false, isAnonymous: true })).toEqual([]);
  });

  it('asks for authenticate, unless the server is anonymous', () => {
    expect(bootFaults([], { hasAuthenticate: false, isAnonymous: false })).toEqual([
      'the server has no "authenticate": give one, or let everybody in by "anonymous: true"',
    ]);
  });

  it('asks for authorizers of topics that are not public, and of clients that publish', () => {
    expect(bootFaults([implement(chat, {})], open)).toEqual([
      'implement(chat).messages: topic "chat.messages" has no "authorize", so nobody decides who ' +
        'may subscribe: add one, or mark the topic "public: true" in its contract',
      'implement(chat).typing: topic "chat.typing" has no "authorizePublish", so nobody decides ' +
        `which client may publish: add one, or take "publish: 'client'" from its contract`,
    ]);
  });

  it('names a contract that is served twice', () => {
    const service = implement(ping, { ping: () => undefined });
    expect(bootFaults([service, implement(ping, { ping: () => undefined })], open)).toEqual([
      'contract "ping" is served 2 times, by implement(ping).ping: keep one',
    ]);
  });

  it('names a member that one service serves twice', () => {
    const { contract: served, routes } = implement(ping, { ping: () => undefined });
    const faults = bootFaults([{ contract: served, routes: [...routes, ...routes] }], open);
    expect(faults).toEqual([
      '"ping.ping" is served 2 times, by implement(ping).ping, implement(ping).ping: keep one',
    ]);
  });
});
