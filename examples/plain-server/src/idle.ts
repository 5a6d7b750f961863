import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchBytes } from './byte-watch.js';
import { openSilentConnection } from './silent-connection.js';
import { NGINX_SITE, startSite, type StorehouseSite } from './storehouse-site.js';

const CLIENT = fileURLToPath(new URL('idle-client.js', import.meta.url));

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());
const startedAt = performance.now();

/**
 * Tells how an idle connection lives through nginx, whose time-out of 60 s stands as it is, and how
 * one ends on which nobody pings.
 */
async function main(): Promise<number | null> {
  const site = await startSite({ port: 0, hasNginx: true });
  try {
    return await lookOn(site);
  } finally {
    await site.close();
  }
}

async function lookOn(site: StorehouseSite): Promise<number | null> {
  const { certificate, folder } = site;
  const silent = await openSilentConnection({
    site: await readFile(NGINX_SITE, 'utf8'),
    certificate,
    folder: join(folder, 'silence'),
  });
  void silent.ended.then((line) => {
    // Ctrl+C reaches nginx too, which then ends it for another reason.
    if (line.includes('timed out')) tell(`nginx ends the one on which nobody pings: ${line}`);
  });
  const watch = await watchBytes(site.ports.nginx, (from, bytes) => {
    tell(`${bytes} bytes of TLS from the ${from}`);
  });
  const client = spawn(process.execPath, [CLIENT, `wss://localhost:${watch.port}/trunkline`], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.authorityFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (): void => void client.kill();
  stopping.signal.addEventListener('abort', stop);
  if (stopping.signal.aborted) stop();
  const code = await new Promise<number | null>((resolve) => client.once('close', resolve));
  watch.close();
  await silent.close();
  return code;
}

function tell(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${seconds.padStart(6)} s  ${text}\n`);
}

try {
  process.exitCode = (await main()) ?? 1;
} catch (error) {
  // Ctrl+C also reaches programs that this one has started, which then fail.
  if (!stopping.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.exitCode = 1;
}
