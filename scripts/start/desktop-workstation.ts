import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleElectron } from '../electron-bundle.ts';
import { projectFolder } from '../steps.ts';
import { type StartArguments, StartRefusal } from './arguments.ts';
import { hasDisplay } from './open-browser.ts';
import type { TrainingWorkstation } from './training-workstation.ts';

const binary = join(
  projectFolder,
  'node_modules',
  'electron',
  'dist',
  process.platform === 'win32' ? 'electron.exe' : 'electron',
);
const closeLimitMs = 20_000;

/** Whether this start opens the desktop shell. Throws a {@link StartRefusal} where it was asked for and cannot. */
export function opensDesktop(shell: StartArguments['shell']): boolean {
  const canOpen = existsSync(binary) && hasDisplay(process.platform, process.env);
  if (shell !== 'electron') return shell === 'auto' && canOpen;
  if (canOpen) return true;
  throw new StartRefusal(
    "Electron's binary or a display is missing here; leave --shell out, or take --shell web.",
  );
}

/** Starts Electron on `folder`, which has to be called `records`: the shell keeps its own files beside. */
export async function openDesktopWorkstation(
  folder: string,
  logFolder: string,
  endedByItself: (how: string) => void,
): Promise<TrainingWorkstation> {
  const outFolder = join(projectFolder, 'dist', 'electron');
  await bundleElectron(outFolder);
  const log = createWriteStream(join(logFolder, 'workstation.log'), { flags: 'a', mode: 0o600 });
  const launch = () => launchShell(join(outFolder, 'main.cjs'), dirname(folder), log, endedByItself);
  let running = launch();
  return {
    address: () => 'in its own window',
    async restart() {
      await running.end('SIGKILL');
      running = launch();
    },
    async stop() {
      await running.end('SIGTERM');
      log.end();
    },
  };
}

function launchShell(
  main: string,
  profile: string,
  log: NodeJS.WritableStream,
  endedByItself: (how: string) => void,
) {
  const child = spawn(binary, [main, `--user-data-dir=${profile}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let isExpected = false;
  const ended = new Promise<void>((resolve) => {
    const hasEnded = (how: string): void => {
      if (!isExpected) endedByItself(how);
      resolve();
    };
    child.once('error', (error) => hasEnded(error.message));
    child.once('exit', (code, signal) => hasEnded(signal ?? `code ${code}`));
  });
  return {
    async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
      isExpected = true;
      child.kill(signal);
      const limit = setTimeout(() => child.kill('SIGKILL'), closeLimitMs);
      await ended;
      clearTimeout(limit);
    },
  };
}
