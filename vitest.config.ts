import { defineConfig } from 'vitest/config';

// Packages find each other's source instead of `dist`, so that tests need no build.
const conditions = ['@trunkline/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Stated here because the compiler options of a tsconfig reach only the files that it includes.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.{mjs,ts}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    reporters: ['default', ['json', { outputFile: '.reports/tests.json' }]],
  },
});
