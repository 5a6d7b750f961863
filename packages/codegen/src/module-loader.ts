import type { Runtime, Timer } from '@trunkline/protocol';
import { createJiti } from 'jiti';
import { createRequire } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

/** Whoever imports a module has long looked elsewhere by then; real ones take a second at most. */
const IMPORT_MAX_MS = 30_000;

const { cache } = createRequire(import.meta.url);

/** Runs modules of the user: TypeScript or JavaScript, path aliases of their tsconfig included. */
export interface ModuleLoader {
  /** Runs a module and gives its exports. Rejects with what it throws. */
  load(file: string): Promise<Readonly<Record<string, unknown>>>;
  /** Files that were run so far, packages left out. */
  readonly files: ReadonlySet<string>;
  /** Forgets all that was run, so that another loader runs the files as they are then. */
  close(): void;
}

/** Makes a loader. Until it is closed, files that several modules import are run once. */
export function createModuleLoader(runtime: Runtime): ModuleLoader {
  const known = new Set(Object.keys(cache));
  const files = new Set<string>();
  const note = () => {
    for (const file of Object.keys(cache)) {
      if (!known.has(file) && !/[\\/]node_modules[\\/]/.test(file)) files.add(file);
    }
  };
  return {
    files,
    async load(file) {
      files.add(file);
      // Made for each file, since the nearest tsconfig has the aliases that it may use.
      const jiti = createJiti(file, { tsconfigPaths: true, fsCache: false });
      try {
        return await inTime(jiti.import<Readonly<Record<string, unknown>>>(file), runtime);
      } finally {
        note();
      }
    },
    close() {
      note();
      for (const file of files) delete cache[file];
    },
  };
}

async function inTime<Module>(loading: Promise<Module>, runtime: Runtime): Promise<Module> {
  // The runtime's timers let a program end; one that waits for a module has not ended.
  const { port1: hold } = new MessageChannel();
  hold.ref();
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = runtime.startTimer(IMPORT_MAX_MS, () => reject(new ImportTimeout()));
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    timer?.cancel();
    hold.close();
  }
}

/** Thrown when a module does not end its import. */
class ImportTimeout extends Error {
  override readonly name = 'ImportTimeout';

  constructor() {
    super(
      `importing it did not end within ${IMPORT_MAX_MS / 1000} seconds; ` +
        'look for a top-level await, here or in what it imports, that waits for ever',
    );
  }
}
