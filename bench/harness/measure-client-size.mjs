import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { CLIENT_ENTRIES } from './client-entries.mjs';

/**
 * Bundles the page of a target for browsers and counts what loads first; chunks that load later,
 * when they are needed, are counted apart.
 * @param {{ target: string }} options
 */
export async function measureClientSize({ target }) {
  const { build } = await import('esbuild');
  const resolveDir = fileURLToPath(new URL('..', import.meta.url));
  const { outputFiles, metafile } = await build({
    stdin: { contents: CLIENT_ENTRIES[target], resolveDir, sourcefile: `${target}.mjs` },
    absWorkingDir: resolveDir,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    outdir: 'bundled',
    write: false,
    metafile: true,
  });
  const first = listFirstChunks(metafile.outputs);
  let firstBytes = 0;
  let laterBytes = 0;
  for (const { path, contents } of outputFiles) {
    const bytes = gzipSync(contents, { level: 9 }).length;
    const isFirst = [...first].some((name) => path.endsWith(name));
    if (isFirst) firstBytes += bytes;
    else laterBytes += bytes;
  }
  return { firstBytes, laterBytes };
}

/** Lists the chunk of the page, and those that it imports other than by `import()`. */
function listFirstChunks(outputs) {
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint !== undefined);
  const first = new Set([entry]);
  for (const path of first) {
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === 'import-statement' && imported in outputs) first.add(imported);
    }
  }
  return first;
}
