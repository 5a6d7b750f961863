import { readSettings } from './settings.js';
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
      : '  With "npm start -- --nginx" it is also behind nginx.',
    '  Ctrl+C ends it.',
  ];
  return `${lines.join('\n')}\n`;
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env);
  const site = await startSite(settings);
  process.stdout.write(describe(site.ports, settings.hasNginx));
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
  });
  await site.close();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
