import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join, relative } from 'node:path';
import { build, type Plugin } from 'vite';
import { projectFolder } from './steps.ts';

/** What has native code. */
const native = ['@signalapp/sqlcipher', 'koffi', 'node-hid'] as const;
/** Left as they are: Electron itself, Node, and what has native code. Everything else goes into the bundles. */
const outside = [/^node:/, ...builtinModules, 'electron', ...native, /^@signalapp\/sqlcipher/];

/** What the desktop shell starts. The preload is CommonJS: a sandboxed one can be nothing else. */
const bundles = [
  { entry: 'electron/main.ts', format: 'cjs', fileName: 'main.cjs' },
  { entry: 'electron/preload.ts', format: 'cjs', fileName: 'preload.cjs' },
  { entry: 'electron/workstation-process.ts', format: 'es', fileName: 'workstation-process.js' },
] as const;

/** Bundles the desktop shell into `outFolder`, with threads and data files beside. */
export async function bundleElectron(outFolder: string): Promise<void> {
  for (const { entry, format, fileName } of bundles) {
    await build({
      configFile: false,
      root: projectFolder,
      logLevel: 'warn',
      plugins: [filesBeside()],
      // Inline what is imported, also from node_modules; the target is Electron's Node, not a browser.
      ssr: { noExternal: true, external: ['electron', ...native], target: 'node' },
      build: {
        ssr: join(projectFolder, entry),
        outDir: outFolder,
        emptyOutDir: false,
        ssrEmitAssets: true,
        target: 'node24',
        minify: false,
        rolldownOptions: {
          external: [...outside],
          output: { format, entryFileNames: fileName, chunkFileNames: '[name]-[hash].js' },
        },
      },
    });
  }
}

const reference = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1,\s*import\.meta\.url,?\s*\)/g;

/**
 * Threads and data files are named by `new URL('./x', import.meta.url)`: a script becomes a bundle of its own beside, any
 * other file is copied. What the bundler does not know of would be missing in the installed program.
 */
function filesBeside(): Plugin {
  return {
    name: 'files-beside',
    async transform(code, id) {
      if (!id.startsWith(projectFolder) || id.includes('node_modules')) return null;
      const found = [...code.matchAll(reference)];
      if (found.length === 0) return null;
      let changed = code;
      for (const [whole, , path] of found) {
        if (path === undefined) continue;
        const target = join(id, '..', path);
        const emitted = /\.ts$/.test(target)
          ? this.emitFile({ type: 'chunk', id: target, name: basename(target, '.ts') })
          : this.emitFile({
              type: 'asset',
              name: basename(target),
              originalFileName: relative(projectFolder, target),
              source: await readFile(target),
            });
        changed = changed.replace(whole, `new URL('${markOf(emitted)}', import.meta.url)`);
      }
      return { code: changed, map: null };
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        file.code = file.code.replace(mark, (_whole, emitted: string) => `./${this.getFileName(emitted)}`);
      }
    },
  };
}

/** Stands for a file until its name is known. */
const markOf = (emitted: string): string => `hamshira-file-beside:${emitted}`;
const mark = /hamshira-file-beside:([\w$-]+)/g;
