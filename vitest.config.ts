import { defineConfig } from 'vitest/config';

// Packages find each other's source instead of `dist`, so that tests need no build.
const conditions = ['@trunkline/source'];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Stated here because the compiler options of a tsconfig reach only the files that it includes.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};
const exclude = ['**/node_modules/**', '**/dist/**'];
const setupFiles = ['tests/support/load-superjson.ts', 'tests/support/leak-check.ts'];
// They keep every processor busy for minutes, so nothing that has to be in time runs beside them.
const proofs = ['cuts', 'fuzz', 'model', 'simulation'].map((name) => `tests/${name}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'node',
          setupFiles,
          include: [
            'packages/*/src/**/*.test.ts',
            'tests/**/*.test.ts',
            'scripts/**/*.test.{mjs,ts}',
          ],
          exclude: [...exclude, ...proofs, 'tests/browser/**'],
        },
      },
      {
        ...shared,
        test: {
          name: 'proof',
          setupFiles,
          include: proofs,
          exclude,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          exclude,
          // A page that shares the machine with another browser is slow for no fault of its own.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
    reporters: ['default', ['json', { outputFile: '.reports/tests.json' }]],
  },
});
