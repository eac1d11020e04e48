import { mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hydrateSymlinks } from './binaries.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-native-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("POS-1: PostgreSQL's libraries where install scripts may not run", () => {
  it('get their links from the list of the package, and a second time nothing happens', async () => {
    const native = join(folder, 'native');
    await mkdir(join(native, 'lib'), { recursive: true });
    const list = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(list));
    await hydrateSymlinks(native);
    await hydrateSymlinks(native);
    expect(await readlink(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  });

  it('need none where the package lists none', async () => {
    await expect(hydrateSymlinks(join(folder, 'native'))).resolves.toBeUndefined();
  });

  it('say what is wrong when the list cannot be followed', async () => {
    const list = [{ source: 'native/lib/a', target: 'native/nowhere/b' }];
    await mkdir(join(folder, 'native'));
    await writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(list));
    await expect(hydrateSymlinks(join(folder, 'native'))).rejects.toThrow(
      "Cannot complete PostgreSQL's libraries",
    );
  });
});
