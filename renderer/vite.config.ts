import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Run from the project's root: `npm run build`.
export default defineConfig({
  root: 'renderer',
  // Relative, so that the same files are served by the web workstation and by Electron's own protocol.
  base: './',
  plugins: [
    react(),
    lingui({ configPath: 'renderer/lingui.config.ts', failOnMissing: true, failOnCompileError: true }),
  ],
  resolve: {
    // PouchDB asks for Node's emitter; the screen has no Node.
    alias: { events: '/drafts/event-emitter.ts' },
  },
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    manifest: true,
    // The content security policy forbids data: addresses and injected scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { web: 'renderer/index.html', electron: 'renderer/electron.html' } },
  },
});
