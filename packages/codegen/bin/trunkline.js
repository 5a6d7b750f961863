#!/usr/bin/env node
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.js', import.meta.url);

if (existsSync(cli)) {
  const { main } = await import(cli.href);
  await main();
} else {
  console.error('error: this checkout is not built yet; run "npm run build" in its root');
  process.exitCode = 2;
}
