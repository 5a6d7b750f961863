/**
 * How esbuild bundles a program with the source of all packages in it, so that Node can run it.
 * @param {string} entry the TypeScript file
 * @param {string} outfile
 */
export function programOptions(entry, outfile) {
  const required = "import { createRequire } from 'node:module';";
  return /** @type {import("esbuild").BuildOptions} */ ({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@trunkline/source'],
    // Some packages are CommonJS.
    banner: { js: `${required} const require = createRequire(import.meta.url);` },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'error',
  });
}
