import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // Files only: the server's policy lets nothing run that stands in the page itself.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
