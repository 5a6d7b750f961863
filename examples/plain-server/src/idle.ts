import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { watchBytes } from './byte-watch.js';
import { startSite } from './storehouse-site.js';

const CLIENT = fileURLToPath(new URL('idle-client.js', import.meta.url));

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());

/** Tells how an idle connection lives through nginx, whose time-out of 60 s stands as it is. */
async function main(): Promise<number | null> {
  const site = await startSite({ port: 0, hasNginx: true });
  const startedAt = performance.now();
  const watch = await watchBytes(site.ports.nginx, (from, bytes) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${seconds.padStart(6)} s  ${bytes} bytes of TLS from the ${from}\n`);
  });
  const client = spawn(process.execPath, [CLIENT, `wss://localhost:${watch.port}/trunkline`], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: site.authorityFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (): void => void client.kill();
  stopping.signal.addEventListener('abort', stop);
  if (stopping.signal.aborted) stop();
  const code = await new Promise<number | null>((resolve) => client.once('close', resolve));
  watch.close();
  await site.close();
  return code;
}

try {
  process.exitCode = (await main()) ?? 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
