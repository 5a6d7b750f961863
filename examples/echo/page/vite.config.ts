import { defineConfig } from 'vite';

export default defineConfig({
  logLevel: 'warn',
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    // The page's policy takes no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
