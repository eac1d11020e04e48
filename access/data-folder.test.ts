import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdDataFolder } from './data-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the folder is closed to other accounts, also when it was open before', async () => {
  await chmod(folder, 0o755);
  const inner = join(folder, 'a', 'b');
  for (const path of [folder, inner]) {
    const held = await holdDataFolder(path);
    expect(held.ok).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(path)) {
      const { mode } = await stat(join(path, name));
      expect(mode & 0o077, name).toBe(0);
    }
    if (held.ok) held.value.release();
  }
});

test('a second holder is refused until the first lets go', async () => {
  const first = await holdDataFolder(folder);
  expect(await holdDataFolder(folder)).toMatchObject({ ok: false, error: { code: 'store.in-use' } });
  if (first.ok) first.value.release();
  const second = await holdDataFolder(folder);
  expect(second.ok).toBe(true);
  if (second.ok) second.value.release();
});

test('another process is refused; after kill -9 of the holder the folder is free', async () => {
  const script = `
    import { holdDataFolder } from ${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)};
    const held = await holdDataFolder(${JSON.stringify(folder)});
    process.stdout.write(held.ok ? 'held' : held.error.code);
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  const [said] = await once(holder.stdout, 'data');
  expect(String(said)).toBe('held');
  expect(await holdDataFolder(folder)).toMatchObject({ ok: false, error: { code: 'store.in-use' } });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const held = await holdDataFolder(folder);
  expect(held.ok).toBe(true);
  if (held.ok) held.value.release();
});
