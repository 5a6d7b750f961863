import { defineConfig } from '@trunkline/codegen';

export default defineConfig({ contracts: ['shop.contract.ts'], client: 'generated' });
