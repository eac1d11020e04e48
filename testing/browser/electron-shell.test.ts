import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { _electron } from 'playwright-core';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
const distribution = join(projectFolder, 'node_modules', 'electron', 'dist');
const binary = join(distribution, process.platform === 'win32' ? 'electron.exe' : 'electron');
const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);

/** Why the shell cannot run on this machine, or undefined. */
function whyNot(): string | undefined {
  if (!existsSync(binary)) return "Electron's binary is not on this machine";
  return hasDisplay ? undefined : 'there is no display for a window';
}

test('the desktop shell opens its screen over the port, sandboxed', async ({ skip }) => {
  skip(whyNot() !== undefined, whyNot());
  await run(process.execPath, ['scripts/build-electron.ts'], { cwd: projectFolder });
  const profile = await mkdtemp(join(tmpdir(), 'hamshira-electron-'));
  const app = await _electron.launch({
    executablePath: binary,
    args: ['dist/electron/main.cjs', `--user-data-dir=${profile}`, '--no-sandbox'],
    cwd: projectFolder,
  });
  try {
    const page = await app.firstWindow();
    await page.waitForURL('hamshira://app/electron.html');
    // The screen shows something only after the workstation answered over the port.
    await page.getByRole('heading').first().waitFor({ timeout: 30_000 });
    expect(
      await page.evaluate(() => [
        typeof Reflect.get(window, 'require'),
        typeof Reflect.get(window, 'process'),
      ]),
    ).toEqual(['undefined', 'undefined']);
    expect(await page.evaluate(() => window.open('https://example.org/'))).toBeNull();
  } finally {
    await app.close();
    await rm(profile, { recursive: true, force: true });
  }
});
