import { spawn } from 'node:child_process';

/** Whether this machine has a screen to open a browser on. */
export function hasDisplay(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  if (environment.CI !== undefined) return false;
  if (platform === 'win32' || platform === 'darwin') return true;
  return Boolean(environment.DISPLAY ?? environment.WAYLAND_DISPLAY);
}

/** Opens the address in the person's browser. A machine without one only has the printed address. */
export function openBrowser(url: string, platform: NodeJS.Platform): void {
  const [program, ...args] = openerOf(platform);
  // The shell of `start` would read an ampersand in the address; our addresses have a fragment and no query.
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

function openerOf(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'win32') return ['cmd', '/c', 'start', ''];
  return platform === 'darwin' ? ['open'] : ['xdg-open'];
}
