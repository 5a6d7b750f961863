import { watch, type FSWatcher } from 'chokidar';
import { basename, resolve } from 'node:path';
import { isSearched } from './path-glob.js';
import type { FileWatcher } from './watch.js';

/** Watches the disk. Hidden folders and those of packages are left out. */
export function openFileWatcher(onChange: (path: string) => void): FileWatcher {
  let watcher: FSWatcher | undefined;
  const open = (paths: readonly string[]) => {
    const asked = new Set(paths);
    const opened = watch([...paths], {
      ignoreInitial: true,
      // A path that was asked for is watched whatever it lies in.
      ignored: (path) => !asked.has(path) && !isSearched(basename(path)),
    });
    opened.on('all', (_event, path) => onChange(resolve(path)));
    return opened;
  };
  return {
    async add(paths) {
      if (watcher === undefined) {
        const opened = open(paths);
        watcher = opened;
        await new Promise<void>((done) => opened.once('ready', done));
      } else {
        watcher.add([...paths]);
      }
    },
    close: async () => watcher?.close(),
  };
}
