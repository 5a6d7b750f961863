// Runs before a package is packed, in its folder. npm packs nothing from outside of it, so what its
// "files" name of the root's documents is copied in; git does not see the copies.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-tree.mjs';

const DOCUMENTS = ['LICENSE', 'PROTOCOL.md'];

/** @type {{ name: string, files: string[], exports: Record<string, { default?: string }> }} */
const { name: packageName, files, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const doors = Object.values(exports).flatMap((door) => door.default ?? []);
if (!doors.every((door) => existsSync(door))) {
  console.error(`${packageName} is not built, so there is nothing to pack: npm run build`);
  process.exit(1);
}
for (const name of DOCUMENTS.filter((document) => files.includes(document))) {
  if (existsSync(join(ROOT, name))) copyFileSync(join(ROOT, name), name);
}
