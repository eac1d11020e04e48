import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Libraries of the first screen, and our own modules that import no others. */
const neededAtOnce =
  /\/(contracts|node_modules\/(react|react-dom|scheduler|valibot|@lingui\/(core|react|message-utils)))\/|\/renderer\/(access|app|bridge|wording|parts|screens\/(home|unlock))\//;
/** These bring libraries along that only later screens need. */
const neededLater =
  /\/(shortcuts-dialog|dialog|confirm-dialog|choice-box|drafts\/[\w-]+|flag-mark|vitals-line|vital-words|measured)\.tsx?$/;

const isNeededAtOnce = (id: string): boolean => neededAtOnce.test(id) && !neededLater.test(id);

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
    rolldownOptions: {
      // How long plugins take is no news to somebody who starts the program.
      checks: { pluginTimings: false },
      input: { web: 'renderer/index.html', electron: 'renderer/electron.html' },
      output: {
        // What every screen needs in one file: two dozen small ones cost a slow processor a tenth of a second.
        codeSplitting: { groups: [{ name: 'screen', test: isNeededAtOnce }] },
      },
    },
  },
});
