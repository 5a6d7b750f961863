import { FEATURES } from '@trunkline/protocol';
import type { Authenticate } from '@trunkline/server';
import type { Observed, Observer } from '@trunkline/server/operations';
import { describe, expect, it } from 'vitest';
import { chatService } from '../support/chat-service.js';
import { openRawHost } from '../support/raw-peer.js';

function openHost(limits = {}) {
  const decided: Observed<'authDecided'>[] = [];
  const met: Observed<'limitHit'>[] = [];
  const observer: Observer = {
    authDecided: (event) => void decided.push(event),
    limitHit: (event) => void met.push(event),
  };
  const authenticate: Authenticate = ({ token }) =>
    token.startsWith('ada') ? { principal: 'ada', user: {} as never } : undefined;
  const services = [chatService()];
  const host = openRawHost({ services, authenticate, observers: [observer], limits });
  return { host, decided, met };
}

describe('an observer of authentication', () => {
  it('is told of who was let in, and of who was refused and how', async () => {
    const { host, decided } = openHost();
    await using _ = host;
    await host.connect().hello('ada');
    await host.connect().hello('eve');
    expect(decided).toEqual([
      {
        for: 'hello',
        outcome: 'accepted',
        code: undefined,
        reason: undefined,
        principal: 'ada',
        ms: 0,
      },
      {
        for: 'hello',
        outcome: 'refused',
        code: 4401,
        reason: 'token refused',
        principal: undefined,
        ms: 0,
      },
    ]);
    expect(JSON.stringify(decided)).not.toContain('eve');
  });

  it('is told of a new token within a connection', async () => {
    const { host, decided } = openHost();
    await using _ = host;
    const peer = host.connect();
    await peer.hello('ada', FEATURES.AUTH);
    await peer.send({ kind: 'AUTH', token: 'ada again' });
    await peer.send({ kind: 'AUTH', token: 'eve' });
    expect(decided.map((event) => [event.for, event.outcome, event.code])).toEqual([
      ['hello', 'accepted', undefined],
      ['refresh', 'accepted', undefined],
      ['refresh', 'refused', 4401],
    ]);
  });

  it('is told of the limit that turned somebody away', async () => {
    const { host, met } = openHost({ principalSessions: 1 });
    await using _ = host;
    for (const token of ['ada', 'ada']) await host.connect().hello(token);
    expect(met).toEqual([
      { limit: 'principalSessions', reaction: 'close 4429', session: undefined },
    ]);
  });
});
