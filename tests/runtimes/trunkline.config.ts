import { defineConfig } from '@trunkline/codegen';

export default defineConfig({ contracts: ['rig.contract.ts'], client: 'generated' });
