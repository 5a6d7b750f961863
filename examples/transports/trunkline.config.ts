import { defineConfig } from '@trunkline/codegen';

export default defineConfig({
  contracts: ['src/*.contract.ts'],
  server: 'src/generated',
  client: 'src/generated',
});
