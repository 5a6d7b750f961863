import { defineConfig } from 'vitest/config';

// Packages find each other's source instead of `dist`, so that tests need no build.
const conditions = ['@trunkline/source'];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Stated here because the compiler options of a tsconfig reach only the files that it includes.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};
// What is waited for comes at once on a quiet machine, and no test depends on quiet.
const patience = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000, interval: 20 } },
};
const exclude = ['**/node_modules/**', '**/dist/**'];
const setupFiles = ['tests/support/load-superjson.ts', 'tests/support/leak-check.ts'];
// They keep every processor busy for minutes, so nothing that waits for real time runs beside them.
const proofs = ['cuts', 'fuzz', 'model', 'simulation'].map((name) => `tests/${name}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Each processor has a file: one that is left for the runner itself would be idle.
    maxWorkers: '100%',
    projects: [
      {
        ...shared,
        test: {
          ...patience,
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
          ...patience,
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
          ...patience,
          name: 'browser',
          globalSetup: 'tests/browser/support/build-pages.ts',
          include: ['tests/browser/**/*.test.ts'],
          exclude,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
        },
      },
    ],
    reporters: ['default', ['json', { outputFile: '.reports/tests.json' }]],
  },
});
