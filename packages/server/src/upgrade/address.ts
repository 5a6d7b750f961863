import { isIPv4, isIPv6 } from 'node:net';

/** The longest text of an IPv6 address has 45 characters; zones may follow. */
const MAX_LENGTH = 64;

/** By the first octet, from where to where the second one is loopback, private, shared or local. */
const LOCAL_IPV4 = new Map([
  [127, [0, 255]],
  [10, [0, 255]],
  [100, [64, 127]],
  [169, [254, 254]],
  [172, [16, 31]],
  [192, [168, 168]],
]);

/**
 * Gives the plain form of an address. That has no zone, is lower case, and is IPv4 where IPv6 only
 * wraps it. `undefined` for text that is no address.
 */
export function plainAddress(text: string): string | undefined {
  // The length comes first: what follows matches patterns against text of the peer.
  if (text.length > MAX_LENGTH) return undefined;
  const [address = ''] = text.toLowerCase().split('%');
  if (isIPv4(address)) return address;
  if (!isPlainIPv6(address) || !isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const isWrapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isWrapped ? groups.slice(6).flatMap(bytesOf).join('.') : address;
}

/**
 * Gives what the limits of an address are counted for. That is an IPv4 address, or the /64 of an
 * IPv6 address, since whoever has one address of it has them all.
 */
export function addressGroup(address: string): string {
  if (!isPlainIPv6(address)) return address;
  const network = groupsOf(address).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
}

/** Tells whether an address is loopback or private; so is no address at all, as of a local pipe. */
export function isLocalAddress(address: string): boolean {
  if (address === '') return true;
  if (isPlainIPv6(address)) return isLocalIPv6(groupsOf(address));
  const [first, second] = address.split('.', 2).map(Number);
  const [from, to] = LOCAL_IPV4.get(first ?? -1) ?? [];
  return (
    from !== undefined && to !== undefined && second !== undefined && second >= from && second <= to
  );
}

/** Of a plain address. Node's own test compiles a pattern first, which takes milliseconds. */
function isPlainIPv6(address: string): boolean {
  return address.includes(':');
}

/** The loopback address, fc00::/7 and fe80::/10. */
function isLocalIPv6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80) return true;
  return groups[7] === 1 && groups.slice(0, 7).every((group) => group === 0);
}

/** The eight groups of an IPv6 address that is known to be well formed. */
function groupsOf(address: string): number[] {
  const [left = '', right] = address.split('::');
  const before = readGroups(left);
  if (right === undefined) return before;
  const after = readGroups(right);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function bytesOf(group: number): number[] {
  return [group >> 8, group & 255];
}
