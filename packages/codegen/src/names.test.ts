import { describe, expect, it } from 'vitest';
import { isIdentifier, kebabCase, pascalCase } from './names.js';

describe('pascalCase', () => {
  it('begins each word of a dotted name with a capital', () => {
    expect(pascalCase('chat')).toBe('Chat');
    expect(pascalCase('admin.userGroups')).toBe('AdminUserGroups');
  });
});

describe('kebabCase', () => {
  it('parts words by their capitals, and keeps abbreviations together', () => {
    expect(kebabCase('chat')).toBe('chat');
    expect(kebabCase('admin.userGroups')).toBe('admin-user-groups');
    expect(kebabCase('httpAPIKeys2')).toBe('http-api-keys2');
  });
});

describe('isIdentifier', () => {
  it('knows what a variable may be called', () => {
    expect(['chat', '$a_1', 'Of'].filter(isIdentifier)).toEqual(['chat', '$a_1', 'Of']);
    expect(['class', 'default', 'await', 'a-b', '1a', ''].filter(isIdentifier)).toEqual([]);
  });
});
