import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** @param {string} name */
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Bundles a program of this folder for a runtime that has the packages installed: they stay outside,
 * so that they are found and resolved as a user's program finds them.
 * @param {string} name of the TypeScript file
 * @param {string} file to be written
 */
export function bundleProgram(name, file) {
  buildSync({
    entryPoints: [pathOf(name)],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    conditions: ['@trunkline/source'],
    external: ['@trunkline/client', '@trunkline/contract', '@trunkline/server', 'ws', 'zod'],
  });
}

/** Bundles the suite with the client for a page, and gives the text. */
export function bundlePage() {
  const { outputFiles } = buildSync({
    entryPoints: [pathOf('page.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@trunkline/source'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
