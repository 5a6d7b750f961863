import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** The longest text of an IPv6 address has 45 characters; zones may follow. */
const MAX_LENGTH = 64;

const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8);
LOCAL.addSubnet('10.0.0.0', 8);
LOCAL.addSubnet('100.64.0.0', 10);
LOCAL.addSubnet('169.254.0.0', 16);
LOCAL.addSubnet('172.16.0.0', 12);
LOCAL.addSubnet('192.168.0.0', 16);
LOCAL.addAddress('::1', 'ipv6');
LOCAL.addSubnet('fc00::', 7, 'ipv6');
LOCAL.addSubnet('fe80::', 10, 'ipv6');

/**
 * Gives the plain form of an address. That has no zone, is lower case, and is IPv4 where IPv6 only
 * wraps it. `undefined` for text that is no address.
 */
export function plainAddress(text: string): string | undefined {
  // The length comes first: what follows matches patterns against text of the peer.
  if (text.length > MAX_LENGTH) return undefined;
  const [address = ''] = text.toLowerCase().split('%');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const isWrapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isWrapped ? groups.slice(6).flatMap(bytesOf).join('.') : address;
}

/**
 * Gives what the limits of an address are counted for. That is an IPv4 address, or the /64 of an
 * IPv6 address, since whoever has one address of it has them all.
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const network = groupsOf(address).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
}

/** Tells whether an address is loopback or private; so is no address at all, as of a local pipe. */
export function isLocalAddress(address: string): boolean {
  return address === '' || LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
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
