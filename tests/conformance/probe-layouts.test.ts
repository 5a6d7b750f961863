import { readFileSync } from 'node:fs';
import { describe as describeContract, type MemberDescription } from '@trunkline/contract';
import { layoutHash, type LayoutParts } from '@trunkline/contract/codecs';
import { NO_LAYOUT } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { probe } from './src/probe.contract.js';

const STORED = JSON.parse(
  readFileSync(new URL('probe-layouts.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;
const { layouts, members: own, client = [] } = describeContract(probe);
const members = [...own, ...client];

type Layouts = (typeof layouts)[string];

/** The arrays that are hashed, in the order of PROTOCOL.md, by what they are the hash of. */
function partsOf(of: Layouts, kind: MemberDescription['kind']): Record<string, LayoutParts> {
  if (of.kind === 'topic') {
    const { message, publish } = of;
    return publish === undefined
      ? { message: [message] }
      : { message: [message], publish: [publish] };
  }
  const { input = null, output = null } = of;
  const { up = null, down = null } = of.kind === 'procedure' ? of : {};
  const errors = Object.keys(of.errors).length === 0 ? null : of.errors;
  return kind === 'stream'
    ? { send: [input, up], receive: [output, errors, down] }
    : { send: [input], receive: [output, errors] };
}

describe('probe-layouts.json', () => {
  it.each(members)('has the layouts of $name as the contract has them', ({ name, kind }) => {
    const of = layouts[name] as Layouts;
    const parts = partsOf(of, kind);
    expect(STORED[`probe.${name}`]).toEqual(JSON.parse(JSON.stringify(parts)));
    const hash = (one: LayoutParts | undefined) => (one ? layoutHash(one) : NO_LAYOUT);
    expect(hash(parts['send'] ?? parts['publish'])).toBe(of.send);
    expect(hash(parts['receive'] ?? parts['message'])).toBe(of.receive);
  });

  it('has no other layouts', () => {
    const names = members.map(({ name }) => `probe.${name}`);
    expect(Object.keys(STORED).toSorted()).toEqual(names.toSorted());
  });
});
