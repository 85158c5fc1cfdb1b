import { defineConfig } from 'vite';

// Each page is built for itself, `vite build demo` and `vite build console`,
// into dist/demo and dist/console. Paths are relative, so that a page can be
// served from anywhere; nothing is inlined, because the policy forbids it.
export default defineConfig(({ command }) => ({
  base: './',
  build: {
    outDir: `../dist/${process.argv[3] ?? ''}`,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    chunkSizeWarningLimit: 1000,
  },
  // For work on the pages: `npx vite demo`, beside `parlor serve --dev`.
  server: command === 'serve' ? { proxy: { '/api': proxy(), '/config.json': proxy() } } : undefined,
}));

function proxy() {
  return { target: 'http://127.0.0.1:8480', rewrite: (path: string) => `/demo${path}` };
}
