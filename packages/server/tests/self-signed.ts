import { generateKeyPairSync, sign } from 'node:crypto';
import type { TlsIdentity } from '../src/upgrade/http-server.js';

const OID_ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const OID_COMMON_NAME = [0x55, 0x04, 0x03];

/** One DER element: a tag, a length of at most 65,535, and what it holds. */
function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const { length } = body;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), body]);
}

/** Makes a key and a certificate that nobody vouches for, good until 2049. */
export function createSelfSigned(): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(0x30, der(0x06, OID_ECDSA_SHA256));
  const commonName = der(0x30, der(0x06, OID_COMMON_NAME), der(0x0c, Buffer.from('localhost')));
  const name = der(0x30, der(0x31, commonName));
  const times = ['200101000000Z', '491231235959Z'].map((time) => der(0x17, Buffer.from(time)));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const serial = der(0x02, [1]);
  const body = der(0x30, serial, algorithm, name, der(0x30, ...times), name, subjectKey);
  const signature = der(0x03, [0], sign('sha256', body, privateKey));
  const base64 = der(0x30, body, algorithm, signature).toString('base64');
  const cert = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
