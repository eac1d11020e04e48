import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { PersonId } from '#contracts/ids.ts';
import { checkIntegrity } from '#store/check-integrity.ts';
import { destroySlots, layoutOf, recoverEnrolment } from '#workstation/folder-layout.ts';
import type { WorkstationParts } from '#workstation/parts.ts';
import type { Rig, RigOptions } from './rig.ts';
import { rigsOfTest } from './rigs-of-test.ts';

const nurseWords = 'yetti qora mushuk';
const { enrolled: kept } = rigsOfTest();

/** A workstation that tells under which keys its records were opened. */
async function enrolled(options: RigOptions = {}) {
  const keys: Buffer[] = [];
  const openReplica: RigOptions['openReplica'] = (real) => (place) => {
    keys.push(Buffer.from(place.dataKey));
    return real(place);
  };
  const rig = await kept({ openReplica, hasSimulatedDevices: false, ...options });
  return Object.assign(rig, { keys });
}

/** The center says that somebody does not work here any more. */
async function revoke(rig: Rig, person: PersonId): Promise<void> {
  await rig.workstation.session()?.replica.transact((transaction) => {
    const [record] = transaction.find('staff', {}).filter(({ id }) => String(id) === String(person));
    if (record === undefined) throw new Error('no record');
    transaction.put('staff', { ...record, body: { ...record.body, active: false } });
  });
  // The list follows the commit; a change of it takes its turn.
  await expect.poll(() => rig.workstation.state().people.some(({ id }) => id === person)).toBe(false);
}

const databaseOf = (rig: Rig): string => join(layoutOf(rig.folder).current, 'records.sqlite');
const listOf = (rig: Rig): string => join(layoutOf(rig.folder).current, 'slots.json');

describe('after somebody lost her way in', () => {
  test('the next unlock opens the same records under another key; the old one is worth nothing', async () => {
    const rig = await enrolled();
    const session = rig.workstation.session();
    const draftKey = session && rig.workstation.draftKey(session);
    const signingKey = session?.signer?.publicKey;
    expect(signingKey).toHaveLength(32);
    const stays = await rig.addPerson(['doctor'], nurseWords);
    const goes = await rig.addPerson(['nurse'], nurseWords);
    await revoke(rig, goes);
    await rig.workstation.lock();
    const [oldDatabase, oldList] = [await readFile(databaseOf(rig)), await readFile(listOf(rig), 'utf8')];
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    const [first, last] = [rig.keys[0], rig.keys.at(-1)];
    if (first === undefined || last === undefined) throw new Error('no keys');
    expect(last).not.toEqual(first);
    const now = rig.workstation.session();
    expect(now && rig.workstation.draftKey(now)).toEqual(draftKey);
    expect(now?.signer?.publicKey).toEqual(signingKey);
    expect(now?.replica.find('staff', {})).toHaveLength(3);
    await rig.workstation.lock();
    expect((await rig.unlock(stays, nurseWords)).ok).toBe(true);
    expect(rig.keys.at(-1)).toEqual(last);
    await rig.workstation.lock();
    expect((await rig.unlock(goes, nurseWords)).ok).toBe(false);
    expect(checkIntegrity(databaseOf(rig), last).damagedPages).toBe(0);
    expect(() => checkIntegrity(databaseOf(rig), first)).toThrow();
    expect((await readFile(databaseOf(rig))).subarray(4096, 8192)).not.toEqual(
      oldDatabase.subarray(4096, 8192),
    );
    // The list from before, put back, does not open the new records.
    await writeFile(listOf(rig), oldList);
    await rig.restart();
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: false, error: { code: 'store.wrong-key' } });
    expect(rig.log.join('\n')).toContain('data key replaced');
    expect((await readdir(rig.folder)).filter((name) => /rotat|replaced/.test(name))).toEqual([]);
  });

  test('the administrator can have it at once, and goes on working', async () => {
    const told: (number | null)[] = [];
    const rig = await enrolled();
    const goes = await rig.addPerson(['nurse'], nurseWords);
    await revoke(rig, goes);
    rig.workstation.onChange(() => told.push(rig.workstation.renewal()));
    expect(await rig.workstation.renewKey()).toEqual({ ok: true, value: { person: rig.head } });
    expect(rig.keys.at(-1)).not.toEqual(rig.keys[0]);
    expect(rig.workstation.state().phase).toBe('unlocked');
    expect(told).toContain(1);
    expect(rig.workstation.renewal()).toBeNull();
    await rig.addPerson(['doctor'], nurseWords);
  });

  test('a session by key goes on by that key: pulling it out afterwards locks', async () => {
    const rig = await enrolled({ hasSimulatedDevices: true });
    const stays = await rig.addPerson(['head'], nurseWords);
    const goes = await rig.addPerson(['nurse'], nurseWords);
    expect(await rig.workstation.unlock({ method: 'simulated-key', person: stays })).toMatchObject({
      ok: true,
    });
    await revoke(rig, goes);
    expect(await rig.workstation.renewKey()).toEqual({ ok: true, value: { person: stays } });
    expect(rig.keys.at(-1)).not.toEqual(rig.keys[0]);
    rig.key.unplug();
    expect(rig.workstation.state()).toMatchObject({
      phase: 'locked',
      failure: { code: 'access.device-removed' },
    });
  });

  test('a full disk puts it off and keeps nobody out; the next unlock has it', async () => {
    let isFull = true;
    const copyRecords =
      (real: WorkstationParts['copyRecords']): WorkstationParts['copyRecords'] =>
      (order) =>
        isFull ? Promise.reject(new ReplicaFailure('store.disk-full')) : real(order);
    const rig = await enrolled({ copyRecords });
    const goes = await rig.addPerson(['nurse'], nurseWords);
    await revoke(rig, goes);
    await rig.workstation.lock();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(rig.keys.at(-1)).toEqual(rig.keys[0]);
    expect(rig.log.join('\n')).toContain('data key not replaced: store.disk-full');
    await rig.workstation.lock();
    isFull = false;
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(rig.keys.at(-1)).not.toEqual(rig.keys[0]);
  });

  test('a power cut while the records are copied costs nothing', async () => {
    let isCut = true;
    const copyRecords =
      (real: WorkstationParts['copyRecords']): WorkstationParts['copyRecords'] =>
      async (order) => {
        const copied = await real(order);
        // Nothing of ours tidies up after a cut.
        if (isCut) await cp(order.to, `${order.to}-kept`, { recursive: true });
        if (isCut) throw new Error('the power is gone');
        return copied;
      };
    const rig = await enrolled({ copyRecords });
    const goes = await rig.addPerson(['nurse'], nurseWords);
    await revoke(rig, goes);
    await rig.workstation.lock();
    await expect(rig.unlock(rig.head)).rejects.toThrow('the power is gone');
    const { staging } = layoutOf(rig.folder).rotation;
    await cp(`${staging}-kept`, staging, { recursive: true });
    isCut = false;
    await rig.restart();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(rig.keys.at(-1)).not.toEqual(rig.keys[0]);
    expect(rig.workstation.session()?.replica.find('staff', {})).toHaveLength(2);
  });

  test('an older list without a rotation in between is noticed, and the newest opens', async () => {
    const rig = await enrolled();
    const older = await readFile(listOf(rig), 'utf8');
    await rig.addPerson(['nurse'], nurseWords);
    await rig.workstation.lock();
    const newest = await readFile(listOf(rig), 'utf8');
    await writeFile(listOf(rig), older);
    await rig.restart();
    expect(await rig.unlock(rig.head)).toMatchObject({
      ok: false,
      error: { code: 'store.wrong-key', detail: { part: 'older-list' } },
    });
    await writeFile(listOf(rig), newest);
    await rig.restart();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
  });
});

test("the center's order to erase reaches every folder of a rotation that was cut off", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'renewal-wiped-'));
  const places = Object.values(layoutOf(folder).rotation);
  for (const place of places) {
    await mkdir(place);
    for (const name of ['slots.json', 'slots.backup.json', 'records.sqlite']) {
      await writeFile(join(place, name), 'secret');
    }
  }
  await destroySlots(folder);
  for (const place of places) expect(await readdir(place)).toEqual(['records.sqlite']);
  expect(await recoverEnrolment(folder)).toBe(false);
  expect(await readdir(folder)).toEqual(['erased-by-center']);
  await rm(folder, { recursive: true });
});
