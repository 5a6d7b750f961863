import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needProgram, runProgram, type SystemProgram } from './system-program.js';

/** A key with a certificate for `localhost`, and the authority that vouches for it. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
  /** What a client has to trust: `NODE_EXTRA_CA_CERTS` for Node. */
  readonly authorityFile: string;
}

const OPENSSL: SystemProgram = {
  name: 'openssl',
  mend: 'it makes the certificate; install it with "apt-get install openssl" or "brew install openssl"',
};

const CONFIG = `[req]
distinguished_name = name
prompt = no
[name]
CN = Trunkline example
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = '30';

/** Makes an authority and a certificate of its own in a folder, for one run on this machine. */
export async function createCertificate(folder: string): Promise<Certificate> {
  const openssl = needProgram(OPENSSL);
  // Keys are for nobody else to read.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'openssl.cnf'), CONFIG);
  const run = (...args: string[]): Promise<void> => runProgram(openssl, args, folder);
  const request = ['req', '-config', 'openssl.cnf', ...NEW_KEY];
  const authority = ['-x509', '-extensions', 'authority', '-days', DAYS];
  await run(...request, ...authority, '-keyout', 'authority.key', '-out', 'authority.crt');
  await run(...request, '-keyout', 'server.key', '-out', 'server.csr');
  const signer = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial'];
  const extensions = ['-extfile', 'openssl.cnf', '-extensions', 'server', '-days', DAYS];
  await run('x509', '-req', '-in', 'server.csr', ...signer, ...extensions, '-out', 'server.crt');
  // Clients trust this authority, so nobody may sign with it again.
  await rm(join(folder, 'authority.key'));
  const keyFile = join(folder, 'server.key');
  const certFile = join(folder, 'server.crt');
  const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')]);
  return { key, cert, keyFile, certFile, authorityFile: join(folder, 'authority.crt') };
}
