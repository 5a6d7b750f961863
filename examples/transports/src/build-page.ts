import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Builds the page with Vite. Rejects when that fails; Vite has said why. */
export async function buildPage(): Promise<void> {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const build = spawn('npm run --silent build', { cwd, shell: true, stdio: 'inherit' });
  const [code] = await once(build, 'close');
  if (code !== 0) throw new Error('the page was not built');
}
