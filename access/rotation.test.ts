import { createHmac } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type CredentialSlots, openCredentialSlots } from './credential-slots.ts';
import {
  type CopyRecords,
  finishRotation,
  type RotationDisk,
  type RotationPlaces,
  systemRotationDisk,
} from './rotation.ts';
import type { Secret } from './secret.ts';
import { asHolder, enrolKeyBeside, keepPaperKey, shareByWords } from './simulated/simulated-people.ts';
import {
  aziz,
  azizWords,
  byFinger,
  dilnoza,
  dilnozaWords,
  keyTouched,
  malika,
  malikaWords,
  openSlotsRig,
  type SlotsRig,
} from './simulated/simulated-slots.ts';

let rig: SlotsRig;
let root: string;
let slots: CredentialSlots;

const placesIn = (folder: string): RotationPlaces => ({
  current: join(folder, 'workstation'),
  staging: join(folder, 'rotating'),
  complete: join(folder, 'rotated'),
  replaced: join(folder, 'replaced'),
});

/** Stands for the database: says which key it is under. */
const recordsUnder = (key: Uint8Array): string => createHmac('sha256', key).update('records').digest('hex');

const copyRecords: CopyRecords = async ({ from, to, key, newKey, onProgress }) => {
  expect(await readFile(join(from, 'records'), 'utf8')).toBe(recordsUnder(key));
  await writeFile(join(to, 'records'), recordsUnder(newKey).slice(0, 10));
  onProgress(0.5);
  await writeFile(join(to, 'records'), recordsUnder(newKey));
  onProgress(1);
  return { isOwnFile: (name) => name === 'records' };
};

/** Everybody and everything that can open: passphrases, a key, paper, two holders. */
let paper: string;
beforeEach(async () => {
  rig = await openSlotsRig();
  root = await mkdtemp(join(tmpdir(), 'rotation-'));
  await rename(rig.environment.folder, placesIn(root).current);
  slots = await slotsIn(root);
  await slots.enrolPassphrase(rig.dataKey(), aziz, azizWords, 'new');
  await slots.enrolPassphrase(rig.dataKey(), asHolder(malika), malikaWords, 'new');
  await enrolKeyBeside(rig, slots, dilnoza, dilnozaWords);
  await slots.setBreakGlassHolders(rig.dataKey(), [aziz.id, malika.id]);
  paper = await keepPaperKey(rig, slots);
  const { current } = placesIn(root);
  await writeFile(join(current, 'records'), recordsUnder(rig.keyBytes));
  await writeFile(join(current, 'something later'), 'kept');
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rig.remove();
});

async function slotsIn(folder: string): Promise<CredentialSlots> {
  const environment = { ...rig.environment, folder: placesIn(folder).current };
  const opened = await openCredentialSlots(environment);
  if (!opened.ok || opened.value === null) throw new Error('no slots');
  return opened.value;
}

const work = (disk: RotationDisk = systemRotationDisk, copy = copyRecords) => ({
  places: placesIn(root),
  disk,
  copyRecords: copy,
  onProgress: () => undefined,
});

async function rotated(from: CredentialSlots, key: Secret): Promise<Secret> {
  const next = await from.rotate(key, work());
  if (!next.ok) throw new Error(next.error.code);
  return next.value;
}

/** The data keys that every way in gives; they must be one, and the records must be under it. */
async function openedIn(folder: string, words = dilnozaWords): Promise<Buffer> {
  const found = await slotsIn(folder);
  const two = await Promise.all([
    shareByWords(found, aziz, azizWords),
    shareByWords(found, malika, malikaWords),
  ]);
  const unlocks = [
    await found.unlockByPassphrase(dilnoza.id, words),
    await found.unlockByDevice(dilnoza.id, keyTouched('right-finger'), byFinger),
    await found.unlockByPaperKey(paper),
    await found.unlockByTwo(...two),
  ];
  const keys = unlocks.map((unlocked) => (unlocked.ok ? Buffer.from(unlocked.value.dataKey.reveal()) : ''));
  expect(new Set(keys.map(String)).size).toBe(1);
  const [key] = keys;
  if (!Buffer.isBuffer(key)) throw new Error('nothing opens');
  expect(await readFile(join(placesIn(folder).current, 'records'), 'utf8')).toBe(recordsUnder(key));
  expect(await readFile(join(placesIn(folder).current, 'something later'), 'utf8')).toBe('kept');
  return key;
}

describe('a rotation', () => {
  test('gives another key to everybody who is left, with nobody present, and is not due any more', async () => {
    await slots.remove(rig.dataKey(), malika.id);
    await slots.enrolPassphrase(rig.dataKey(), asHolder(malika), malikaWords, 'new');
    await slots.setBreakGlassHolders(rig.dataKey(), [aziz.id, malika.id]);
    expect(slots.isRotationDue()).toBe(true);
    const signing = slots.signingKeyOf(dilnoza.id);
    const next = await rotated(slots, rig.dataKey());
    expect(slots.isRotationDue()).toBe(false);
    const opened = await openedIn(root);
    expect(opened).toEqual(Buffer.from(next.reveal()));
    expect(opened).not.toEqual(Buffer.from(rig.keyBytes));
    expect((await slotsIn(root)).signingKeyOf(dilnoza.id)).toEqual(signing);
    expect(await readdir(root)).toEqual(['workstation']);
    // The same object goes on with the new list.
    expect(await slots.change(next, { names: new Map([[aziz.id, 'Aziz A.']]) })).toMatchObject({ ok: true });
    expect((await slotsIn(root)).people()[1]?.name).toBe('Aziz A.');
  });

  /** The point of a door for each slot: what was on an older disk is of no use against a newer one. */
  test('a lost slot does not open the new pair, even with the list from before it was removed', async () => {
    const { current } = placesIn(root);
    const oldList = await readFile(join(current, 'slots.json'), 'utf8');
    const lost = slots.keysOf(dilnoza.id).find(({ method }) => method === 'simulated-key');
    await slots.removeSlot(rig.dataKey(), lost?.slot ?? '', 'lost');
    const next = await rotated(slots, rig.dataKey());
    // Nothing in the new list is for the lost slot, so neither is it for whoever kept the old one.
    const newList = await readFile(join(current, 'slots.json'), 'utf8');
    expect(newList.split(lost?.slot ?? '')).toHaveLength(2);
    expect(newList.includes('"lost"') && newList.indexOf(lost?.slot ?? '') > newList.indexOf('"lost"')).toBe(
      true,
    );
    expect(await slots.unlockByDevice(dilnoza.id, keyTouched('right-finger'), byFinger)).toMatchObject({
      ok: false,
    });
    await writeFile(join(current, 'slots.json'), oldList);
    const opened = await (await slotsIn(root)).unlockByDevice(
      dilnoza.id,
      keyTouched('right-finger'),
      byFinger,
    );
    expect(opened.ok && Buffer.from(opened.value.dataKey.reveal())).toEqual(Buffer.from(rig.keyBytes));
    expect(await readFile(join(current, 'records'), 'utf8')).toBe(recordsUnder(next.reveal()));
  });

  test('no list and no records of the old key stay behind', async () => {
    await rotated(slots, rig.dataKey());
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = await readFile(join(entry.parentPath, entry.name), 'utf8');
      expect(content.includes(recordsUnder(rig.keyBytes))).toBe(false);
      if (entry.name.startsWith('slots')) expect(content.includes('"generation": 2')).toBe(true);
    }
  });

  test('a full disk leaves everything as it was; the rotation can be had later', async () => {
    const full: CopyRecords = async ({ to }) => {
      await writeFile(join(to, 'records'), 'half');
      throw new ReplicaFailure('store.disk-full');
    };
    const refused = await slots.rotate(rig.dataKey(), work(systemRotationDisk, full));
    expect(refused).toMatchObject({ ok: false, error: { code: 'store.disk-full' } });
    expect(await readdir(root)).toEqual(['workstation']);
    expect(await openedIn(root)).toEqual(Buffer.from(rig.keyBytes));
    await rotated(slots, rig.dataKey());
    await openedIn(root);
  });
});

describe('a power cut', () => {
  /** Copies the whole folder before and after every step of the disk and of the copy. */
  async function cutsOf(run: (disk: RotationDisk, copy: CopyRecords) => Promise<unknown>): Promise<string[]> {
    const states: string[] = [];
    const keep = async () => {
      const state = await mkdtemp(join(tmpdir(), 'rotation-cut-'));
      await cp(root, state, { recursive: true });
      states.push(state);
    };
    const disk: RotationDisk = {
      ...systemRotationDisk,
      make: async (folder) => {
        await keep();
        await systemRotationDisk.make(folder);
        await keep();
      },
      copy: async (from, to) => {
        await keep();
        await systemRotationDisk.copy(from, to);
        await keep();
      },
      move: async (from, to) => {
        await keep();
        await systemRotationDisk.move(from, to);
        await keep();
      },
      sync: async (folder) => {
        await keep();
        await systemRotationDisk.sync(folder);
      },
      remove: async (folder) => {
        await keep();
        for (const name of await readdir(folder).catch(() => [])) {
          await rm(join(folder, name), { recursive: true });
          await keep();
        }
        await systemRotationDisk.remove(folder);
        await keep();
      },
    };
    const copy: CopyRecords = (order) => {
      const onProgress = order.onProgress;
      const kept: Promise<void>[] = [];
      return copyRecords({
        ...order,
        onProgress: (done) => {
          onProgress(done);
          kept.push(keep());
        },
      }).finally(() => Promise.all(kept));
    };
    await run(disk, copy);
    return states;
  }

  test('at any step leaves the old pair or the new one, whole, and start tidies up', async () => {
    let next: Buffer | undefined;
    const states = await cutsOf(async (disk, copy) => {
      const outcome = await slots.rotate(rig.dataKey(), work(disk, copy));
      next = outcome.ok ? Buffer.from(outcome.value.reveal()) : undefined;
    });
    expect(states.length).toBeGreaterThan(20);
    const seen: string[] = [];
    for (const state of states) {
      await finishRotation(placesIn(state), systemRotationDisk);
      expect(await readdir(state)).toEqual(['workstation']);
      const key = await openedIn(state);
      seen.push(key.equals(Buffer.from(rig.keyBytes)) ? 'old' : 'new');
      if (seen.at(-1) === 'new') expect(key).toEqual(next);
      await rm(state, { recursive: true });
    }
    // Once the new pair counts it counts for good.
    expect(seen.join(' ')).toMatch(/^(old )+(new ?)+$/);
  });

  test('while a start finishes a rotation is finished by the next start', async () => {
    const states = await cutsOf((disk, copy) => slots.rotate(rig.dataKey(), work(disk, copy)));
    let interrupted = 0;
    for (const [at, state] of states.entries()) {
      // Two of three states are enough for every kind: the folders of one step look alike.
      for (let steps = 0; steps < 5 && at % 3 < 2; steps += 1) {
        const attempt = await mkdtemp(join(tmpdir(), 'rotation-again-'));
        await cp(state, attempt, { recursive: true });
        await finishRotation(placesIn(attempt), failingAfter(steps)).catch(() => {
          interrupted += 1;
        });
        await finishRotation(placesIn(attempt), systemRotationDisk);
        expect(await readdir(attempt)).toEqual(['workstation']);
        expect((await slotsIn(attempt)).people()).toHaveLength(3);
        await rm(attempt, { recursive: true });
      }
      await rm(state, { recursive: true });
    }
    expect(interrupted).toBeGreaterThan(10);
  });

  test('with nothing to finish, start leaves everything alone', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'rotation-none-'));
    await finishRotation(placesIn(empty), systemRotationDisk);
    expect(await readdir(empty)).toEqual([]);
    await mkdir(placesIn(empty).current);
    await finishRotation(placesIn(empty), systemRotationDisk);
    expect(await readdir(empty)).toEqual(['workstation']);
    await rm(empty, { recursive: true });
  });
});

/** A disk that loses power after so many changes. */
function failingAfter(changes: number): RotationDisk {
  let left = changes;
  const counted =
    <Arguments extends unknown[]>(change: (...given: Arguments) => Promise<void>) =>
    (...given: Arguments): Promise<void> => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('the power is gone')) : change(...given);
    };
  return {
    ...systemRotationDisk,
    move: counted(systemRotationDisk.move),
    remove: counted(systemRotationDisk.remove),
  };
}
