import { once } from 'node:events';
import { buildPage } from './build-page.js';
import { PROGRAM } from './program.js';
import { readStart, type Start } from './read-start.js';
import { originAt, startSite, type Ports } from './storehouse-site.js';

function describe(ports: Ports, hasNginx: boolean): string {
  const lines = [
    originAt(ports.own),
    '  Open this first, and accept its certificate, which is new at each start.',
    `  Express answers there, and Trunkline at wss://localhost:${ports.own}/trunkline.`,
    `${originAt(ports.allowed)}  the page of another origin, which "origins" allows`,
    `${originAt(ports.refused)}  the page of another origin, which is refused`,
    hasNginx
      ? `${originAt(ports.nginx)}  the same as the first, through nginx`
      : '  "npm run example:plain-server -- --nginx" starts it behind nginx, too.',
    '  Ctrl+C ends it.',
  ];
  return `${lines.join('\n')}\n`;
}

const stopping = new AbortController();
// From the beginning: a start that is interrupted must not leave its keys behind. Some send a signal
// twice, as npm and the terminal do together, so it is asked for each time.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());

async function main({ port, flags }: Start, signal: AbortSignal): Promise<void> {
  if (flags.has('--build')) await buildPage();
  const hasNginx = flags.has('--nginx');
  const site = await startSite({ port, hasNginx });
  if (!signal.aborted) {
    process.stdout.write(describe(site.ports, hasNginx));
    await once(signal, 'abort');
  }
  await site.close();
}

try {
  const start = await readStart(PROGRAM);
  if (start !== undefined) await main(start, stopping.signal);
} catch (error) {
  // Ctrl+C also reaches programs that this one has started, which then fail.
  if (!stopping.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
