import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BENCH = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles a page for browsers, minified; gives what loads at first, and each chunk that loads later
 * when it is needed, in bytes after gzip.
 * @param {string} contents the module of the page
 * @returns {Promise<{ firstBytes: number, later: { name: string, bytes: number }[] }>}
 */
export async function bundlePage(contents) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: BENCH, sourcefile: 'page.mjs' },
    absWorkingDir: BENCH,
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
  const later = [];
  for (const { path, contents: code } of outputFiles) {
    const bytes = gzipSync(code, { level: 9 }).length;
    const name = Object.keys(metafile.outputs).find((output) => path.endsWith(output));
    if (first.has(name)) firstBytes += bytes;
    else later.push({ name: nameOf(metafile.outputs[name]), bytes });
  }
  return { firstBytes, later };
}

/** Names a chunk by the module that is imported from it, such as `protocol/payload/superjson`. */
function nameOf({ entryPoint = 'shared' }) {
  const path = entryPoint.replace(/^.*(?:node_modules|packages)\//, '').replace('dist/', '');
  return path.replace(/(?:\/index)?\.js$/, '');
}

/** Lists the chunk of the page, and those that it imports other than by `import()`. */
function listFirstChunks(outputs) {
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === 'page.mjs');
  const first = new Set([entry]);
  for (const path of first) {
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === 'import-statement' && imported in outputs) first.add(imported);
    }
  }
  return first;
}
