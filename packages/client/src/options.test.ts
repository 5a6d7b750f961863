import { describe, expect, test } from 'vitest';
import { ChatClient } from '../tests/chat-service.js';
import { connect } from './index.js';
import { checkUrl, resolveOptions } from './options.js';

const services = { chat: ChatClient };
// oxlint-disable-next-line unicorn/no-thenable -- that this is refused is tested here
const thenable = { then: ChatClient };

describe('resolveOptions', () => {
  test('fills in the defaults', () => {
    expect(resolveOptions({ services })).toMatchObject({
      deadlineMs: 30_000,
      reconnect: { minMs: 250, maxMs: 20_000 },
      limits: { pendingCalls: 1_024, outboxBytes: 8_388_608, subscriptionMessages: 1_000 },
      agent: '',
      auth: undefined,
    });
  });

  test('takes what is given, and treats undefined as not given', () => {
    const limits = { pendingCalls: 3, outboxBytes: undefined as never };
    const resolved = resolveOptions({
      services,
      deadlineMs: null,
      reconnect: { maxMs: 500 },
      limits,
    });
    expect(resolved).toMatchObject({
      deadlineMs: undefined,
      reconnect: { minMs: 250, maxMs: 500 },
      limits: { pendingCalls: 3, outboxBytes: 8_388_608 },
    });
  });

  test('names each contract once for the server, however often it is used', () => {
    const resolved = resolveOptions({ services: { a: ChatClient, b: ChatClient } });
    expect(resolved.revisions).toEqual([{ name: 'chat', revision: '0123456789abcdef' }]);
    expect([...resolved.shapes.keys()]).toEqual(['a', 'b']);
  });

  test.each<[string, object, string]>([
    ['an unknown option', { services, retries: 3 }, 'unknown option "retries": expected services,'],
    [
      'contracts without names',
      { contracts: [ChatClient] },
      'option "contracts" must be an object',
    ],
    ['no service at all', {}, '"services" and "contracts"'],
    ['a service named then', { services: thenable }, '"services.then"'],
    ['a service named close', { services: { close: ChatClient } }, '"services.close"'],
    ['a contract named connection', { contracts: { connection: ChatClient } }, '"contracts.connec'],
    ['a name that stands in both', { services, contracts: services }, '"contracts.chat"'],
    ['a service that is none', { services: { chat: {} } }, 'a generated client or a contract'],
    [
      'a revision that is none',
      { services: { chat: { ...ChatClient, revision: 'x' } } },
      '"services.chat"',
    ],
    ['an auth that is a number', { services, auth: 3 }, 'option "auth"'],
    ['a token that is too long', { services, auth: 'x'.repeat(4_097) }, 'at most 4096 bytes'],
    ['a deadline below 0', { services, deadlineMs: -1 }, 'option "deadlineMs"'],
    ['an agent that is too long', { services, agent: 'x'.repeat(65) }, 'option "agent"'],
    ['an onError that is no function', { services, onError: 'log' }, 'option "onError"'],
    ['a tracer that starts nothing', { services, tracer: {} }, 'option "tracer"'],
    ['an unknown limit', { services, limits: { calls: 1 } }, 'unknown limit "calls"'],
    ['a limit of 0', { services, limits: { openMs: 0 } }, 'limit "openMs"'],
    ['a limit that is no number', { services, limits: { openMs: 'x' } }, 'limit "openMs"'],
    ['an unknown delay', { services, reconnect: { min: 1 } }, 'unknown option "reconnect" "min"'],
    ['delays in the wrong order', { services, reconnect: { minMs: 9, maxMs: 3 } }, '"reconnect"'],
    ['a delay of 0', { services, reconnect: { minMs: 0 } }, 'option "reconnect"'],
  ])('refuses %s', (_, options, message) => {
    expect(() => resolveOptions(options)).toThrow(TypeError);
    expect(() => resolveOptions(options)).toThrow(message);
  });

  test('refuses more contracts than a HELLO may name', () => {
    const many = (count: number, length: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => {
          const name = `c${index}`.padEnd(length, 'x');
          return [name, { ...ChatClient, name }];
        }),
      );
    expect(() => resolveOptions({ services: many(65, 4) })).toThrow('at most 64');
    expect(() => resolveOptions({ services: many(60, 100) })).toThrow('one HELLO');
    expect(resolveOptions({ services: many(64, 40) }).revisions).toHaveLength(64);
  });
});

describe('an address', () => {
  test.each(['ws://localhost:8080', 'wss://example.com/trunkline?x=1'])('may be %s', (url) => {
    expect(() => checkUrl(url)).not.toThrow();
  });

  test.each(['http://localhost', '/trunkline', '', 'ws://localhost/#top', 'localhost:80'])(
    'may not be "%s"',
    (url) => {
      expect(() => connect(url, { services })).toThrow(TypeError);
      expect(() => connect(url, { services })).toThrow(`not "${url}"`);
    },
  );
});
