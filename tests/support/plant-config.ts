import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { FAULT_VARIABLE, ROOT, plant, type PlantedFault } from './plant.js';

const conditions = ['@trunkline/source'];
const fault = JSON.parse(process.env[FAULT_VARIABLE] ?? 'null') as PlantedFault | null;

/** How vitest runs a suite that `planted-fault.ts` has started. */
export default defineConfig({
  root: ROOT,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  plugins: [
    {
      name: 'planted-fault',
      enforce: 'pre',
      transform(code, id) {
        if (fault === null || id.split('?')[0] !== join(ROOT, fault.file)) return undefined;
        console.error(`planted: ${fault.name}`);
        return { code: plant(fault, code), map: null };
      },
    },
  ],
  test: {
    setupFiles: ['tests/support/load-superjson.ts'],
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
  },
});
