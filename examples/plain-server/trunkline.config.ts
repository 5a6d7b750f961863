import { defineConfig } from '@trunkline/codegen';

export default defineConfig({
  contracts: ['src/*.contract.ts'],
  client: 'src/generated',
});
