import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    // The page's policy lets it load nothing that stands in an address itself.
    assetsInlineLimit: 0,
  },
});
