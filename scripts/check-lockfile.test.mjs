import { describe, expect, it } from 'vitest';
import { compareVersions, findLockfileFaults } from './check-lockfile.mjs';

const SOUND = { version: '1.0.0', integrity: 'sha512-x' };

describe('findLockfileFaults', () => {
  it('accepts packages without an address, links and platform packages that are locked', () => {
    const packages = {
      '': { version: '0.0.0' },
      'packages/server': { version: '0.1.0' },
      'node_modules/@trunkline/server': { resolved: 'packages/server', link: true },
      'node_modules/tool': { ...SOUND, optionalDependencies: { '@tool/linux': '1.0.0' } },
      'node_modules/@tool/linux': SOUND,
    };
    expect(findLockfileFaults(packages, {})).toEqual([]);
  });

  it('refuses a registry address and a missing integrity', () => {
    const packages = {
      'node_modules/a': { ...SOUND, resolved: 'https://registry.example/a.tgz' },
      'node_modules/b': { version: '1.0.0' },
    };
    expect(findLockfileFaults(packages, {})).toEqual([
      expect.stringContaining('node_modules/a: names a registry'),
      'node_modules/b: has no integrity',
    ]);
  });

  it('refuses a platform package that is named and not locked', () => {
    const packages = {
      'node_modules/tool': { ...SOUND, optionalDependencies: { '@tool/android': '1.0.0' } },
    };
    expect(findLockfileFaults(packages, {})).toEqual([
      'node_modules/tool: "@tool/android" is not locked, so npm ci fails; use another version than 1.0.0',
    ]);
  });

  it('finds a platform package that is locked below or above its owner', () => {
    const owner = { ...SOUND, optionalDependencies: { below: '1', above: '1' } };
    const packages = {
      'node_modules/a/node_modules/tool': owner,
      'node_modules/a/node_modules/tool/node_modules/below': SOUND,
      'node_modules/above': SOUND,
    };
    expect(findLockfileFaults(packages, {})).toEqual([]);
  });

  it('refuses every copy of a package that is too old', () => {
    const packages = {
      'node_modules/ws': { ...SOUND, version: '8.23.0' },
      'node_modules/peer/node_modules/ws': { ...SOUND, version: '8.22.9' },
    };
    expect(findLockfileFaults(packages, { ws: '8.23.0' })).toEqual([
      'node_modules/peer/node_modules/ws: version 8.22.9 is older than 8.23.0',
    ]);
  });
});

describe('compareVersions', () => {
  it.each([
    ['8.23.0', '8.23.0', 0],
    ['8.9.0', '8.23.0', -1],
    ['10.0.0', '9.99.99', 1],
    ['1.0.0-rc.1', '1.0.0', -1],
  ])('orders %s against %s', (a, b, order) => {
    expect(Math.sign(compareVersions(a, b))).toBe(order);
  });
});
