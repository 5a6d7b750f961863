import type { TypeNode } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import { docComment, typeText } from './type-text.js';

describe('typeText', () => {
  const type: TypeNode = {
    kind: 'object',
    properties: [
      { name: 'a', type: { kind: 'string' }, description: 'An a.', deprecated: 'b' },
      { name: 'b-c', optional: true, type: { kind: 'ref', name: 'Other' } },
      {
        name: 'd',
        type: {
          kind: 'object',
          readonly: true,
          properties: [{ name: 'e', type: { kind: 'bytes' } }],
        },
      },
    ],
  };

  it('has a property on each line, with its doc comment', () => {
    expect(typeText(type)).toBe(
      [
        '{',
        '  /**',
        '   * An a.',
        '   * @deprecated b',
        '   */',
        '  a: string;',
        '  "b-c"?: Other;',
        '  d: {',
        '    readonly e: Uint8Array<ArrayBuffer>;',
        '  };',
        '}',
      ].join('\n'),
    );
  });

  it('begins later lines as asked, and leaves comments out as asked', () => {
    expect(typeText(type, { indent: '    ', docs: false }).split('\n').slice(0, 3)).toEqual([
      '{',
      '      a: string;',
      '      "b-c"?: Other;',
    ]);
  });

  it('puts into parentheses what a suffix would take apart', () => {
    const union: TypeNode = { kind: 'union', of: [{ kind: 'null' }, { kind: 'date' }] };
    expect(typeText({ kind: 'array', items: union })).toBe('(null | Date)[]');
    expect(typeText({ kind: 'tuple', items: [{ optional: true, type: union }] })).toBe(
      '[(null | Date)?]',
    );
    expect(typeText({ kind: 'intersection', of: [union, { kind: 'unknown' }] })).toBe(
      '(null | Date) & unknown',
    );
  });
});

describe('docComment', () => {
  it('gives nothing where there is nothing to say', () => {
    expect(docComment({})).toBe('');
  });

  it('cannot be ended by its own text', () => {
    expect(docComment({ description: 'a */ b' })).toBe('/** a *\\/ b */\n');
  });

  it('has a line for each line and each tag, begun as asked', () => {
    const words = { description: 'One.\r\n\nTwo. ', since: '1.2', deprecated: true } as const;
    expect(docComment(words, '  ')).toBe(
      '  /**\n   * One.\n   *\n   * Two.\n   * @since 1.2\n   * @deprecated\n   */\n',
    );
  });
});
