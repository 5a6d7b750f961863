import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const GENERATED = new URL('../generated/', import.meta.url);
const BUILT = new URL('../dist/', import.meta.url);

/** Makes JavaScript of the generated code, in `bench/dist`. */
export async function buildGenerated() {
  const { transform } = await import('esbuild');
  mkdirSync(BUILT, { recursive: true });
  for (const name of readdirSync(GENERATED)) {
    const source = readFileSync(new URL(name, GENERATED), 'utf8');
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20' });
    writeFileSync(new URL(name.replace(/\.ts$/, '.js'), BUILT), code);
  }
}
