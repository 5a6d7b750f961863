// Runs before a package is packed, in its folder. npm packs nothing from outside of it, so what its
// "files" name of the root's documents is copied in; git does not see the copies.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-tree.mjs';

const DOCUMENTS = ['LICENSE', 'PROTOCOL.md'];

/** @type {{ name: string, files: string[] }} */
const { name: packageName, files } = JSON.parse(readFileSync('package.json', 'utf8'));
if (!existsSync('dist/index.js')) {
  console.error(`${packageName} is not built, so there is nothing to pack: npm run build`);
  process.exit(1);
}
for (const name of DOCUMENTS.filter((document) => files.includes(document))) {
  if (existsSync(join(ROOT, name))) copyFileSync(join(ROOT, name), name);
}
