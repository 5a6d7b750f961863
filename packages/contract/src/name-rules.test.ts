import { ERROR_CODES } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { contractNameFault, errorCodeFault, memberNameFault } from './name-rules.js';

describe('contractNameFault', () => {
  it.each(['chat', 'chatV2', 'admin.users', 'a.b.c.d.e.f.g'])('allows %j', (name) => {
    expect(contractNameFault(name)).toBeUndefined();
  });

  it.each(['', 'Chat', 'chat.', '.chat', 'a..b', 'chat-room', 'chat room', 'a.b.c.d.e.f.g.h', 'ü'])(
    'refuses %j by its grammar',
    (name) => {
      expect(contractNameFault(name)).toMatch(/^the name ".*" is not allowed; expected camelCase/);
    },
  );

  it.each(['constructor', 'admin.then'])('refuses %j, which hides something', (name) => {
    expect(contractNameFault(name)).toMatch(/is refused since it hides/);
  });

  it('refuses what is no text', () => {
    expect(contractNameFault(1)).toBe('the name is 1; expected a string');
  });
});

describe('memberNameFault', () => {
  it.each(['post', 'postMessage', 'v2', 'client', 'publish'])('allows %j', (name) => {
    expect(memberNameFault('chat', name)).toBeUndefined();
  });

  it.each(['Post', 'post_message', 'post.message', '$post', '2nd', ''])('refuses %j', (name) => {
    expect(memberNameFault('chat', name)).toMatch(/expected camelCase such as "postMessage"$/);
  });

  it.each([
    'then',
    'safe',
    'name',
    'length',
    'arguments',
    'caller',
    'constructor',
    'prototype',
    '__proto__',
    'call',
    'toString',
    'valueOf',
    'hasOwnProperty',
  ])('refuses %j, which hides a property of functions or objects', (name) => {
    expect(memberNameFault('chat', name)).toMatch(/^the name ".*" is refused since it hides/);
  });

  it('refuses every name that a function or object has of its own', () => {
    const held = [Function.prototype, Object.prototype].flatMap((one) =>
      Object.getOwnPropertyNames(one),
    );
    for (const name of held) expect(memberNameFault('chat', name)).toBeTypeOf('string');
  });

  it('allows 128 bytes of contract and member together, and no more', () => {
    expect(memberNameFault('chat', 'p'.repeat(123))).toBeUndefined();
    expect(memberNameFault('chat', 'p'.repeat(124))).toBe(
      'contract and name have 129 bytes; allowed are 128',
    );
  });
});

describe('errorCodeFault', () => {
  it.each(['GONE', 'ROOM_CLOSED', 'E2E', 'HTTP_404', 'X'.repeat(64)])('allows %j', (code) => {
    expect(errorCodeFault(code)).toBeUndefined();
  });

  it.each(['gone', 'Room', 'ROOM-CLOSED', '_ROOM', 'ROOM_', 'A__B', '2FAST', '', 'X'.repeat(65)])(
    'refuses %j',
    (code) => {
      expect(errorCodeFault(code)).toMatch(/^the code ".*" is not allowed; expected UPPER_SNAKE/);
    },
  );

  it.each(Object.keys(ERROR_CODES))("refuses Trunkline's own %j", (code) => {
    expect(errorCodeFault(code)).toBe(`the code "${code}" is Trunkline's own; choose another`);
  });
});
