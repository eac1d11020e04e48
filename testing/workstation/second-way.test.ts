import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { slotFileName } from '#access/slot-file.ts';
import { SlotFileSchema } from '#access/slot-file-format.ts';
import type { Proof } from '#contracts/bridge/access.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { operation } from '../virtual-key/ctap-bench.ts';
import {
  atWork,
  byFinger,
  byWords,
  closeAll,
  type Desk,
  enrolKey,
  failure,
  nurseWords,
  unlock,
  waysOf,
} from './access-bench.ts';
import { makePaperKey } from './rig.ts';
import { eventually } from './test-screen.ts';

// docs/specs/access.md ACC-52, ACC-53: the second way in is demanded, on the real store, slots and CTAP client.

afterEach(closeAll);

const needed = failure('access.second-way-needed');
const nurse = {
  name: { family: 'Azimov', given: 'Jasur' },
  roles: ['nurse' as const],
  passphrase: nurseWords,
};
const session = (desk: Desk) => desk.rig.workstation.state().session;
const removeWay = async (desk: Desk, method: string, reason: 'lost' | 'broken' | 'unwanted') => {
  const way = (await waysOf(desk.screen, desk.head)).find((each) => each.method === method);
  return desk.screen.request('keys.remove', { slot: way?.slot ?? '', reason });
};

describe('the session says that a second way is needed', () => {
  test('of the first administrator, until she has a paper key; at every unlock', async () => {
    const desk = await atWork();
    expect(session(desk)).toMatchObject({ needsSecond: true, breakGlass: null });
    await desk.rig.workstation.lock();
    await unlock(desk, desk.head, byWords());
    expect(session(desk)?.needsSecond).toBe(true);
    const state = desk.screen.open('workstation.state', {});
    await state.until((shown) => shown.session?.needsSecond === true);
    await makePaperKey(desk.screen);
    await state.until((shown) => shown.session?.needsSecond === false);
  });

  test('until she has a key, and again when that is lost', async () => {
    const desk = await atWork();
    expect((await enrolKey(desk, desk.head, null)).enrolled).toEqual({
      ok: true,
      value: { needsSecond: false },
    });
    expect(session(desk)?.needsSecond).toBe(false);
    expect(await removeWay(desk, 'passphrase', 'unwanted')).toEqual(needed);
    expect((await removeWay(desk, 'fido2', 'lost')).ok).toBe(true);
    // The records go under a new key; the session that comes back is asked.
    await eventually(
      () => (desk.rig.workstation.slots()?.isRotationDue() === false && session(desk)) || undefined,
      'the session to come back',
    );
    expect(session(desk)).toMatchObject({ person: { id: desk.head }, needsSecond: true });
  });

  test('not of an emergency: those who open together have a patient before them, at risk or not', async () => {
    const desk = await atWork();
    const person = await desk.rig.addPerson(['nurse'], nurseWords);
    const other = await desk.rig.addPerson(['doctor'], 'uchinchi odam sozi');
    await enrolKey(desk, person, byWords(nurseWords));
    await enrolKey(desk, other, byWords('uchinchi odam sozi'));
    await desk.screen.request('recovery.set-holders', { people: [person, other] });
    const access = desk.rig.workstation.access();
    if (access === null) throw new Error('locked');
    expect((await access.slots.removePaperKey(access.dataKey)).ok).toBe(true);
    const key = (await waysOf(desk.screen, person)).find(({ method }) => method === 'fido2');
    await desk.screen.request('keys.remove', { slot: key?.slot ?? '', reason: 'broken' });
    await desk.rig.workstation.lock();
    const opened = {
      method: 'two',
      first: { person, proof: byWords(nurseWords) },
      second: { person: other, proof: byWords('uchinchi odam sozi') },
      reason: 'The head is away',
    } as const;
    expect((await desk.screen.request('session.break-glass', opened)).ok).toBe(true);
    expect(desk.rig.workstation.slots()?.enrolmentStatus(person).needsSecond).toBe(true);
    expect(session(desk)).toMatchObject({ person: { id: person }, needsSecond: false, breakGlass: 'two' });
    // In her own way she is asked.
    await desk.rig.workstation.lock();
    await unlock(desk, person, byWords(nurseWords));
    expect(session(desk)).toMatchObject({ person: { id: person }, needsSecond: true });
  });
});

describe('nobody is enrolled into one way in', () => {
  test('a new person without anything to fall back on: neither list nor record has her', async () => {
    const desk = await atWork();
    expect(await desk.screen.request('staff.enrol', nurse)).toEqual(needed);
    // Her own second key helps her alone.
    await enrolKey(desk, desk.head, null);
    expect(await desk.screen.request('staff.enrol', nurse)).toEqual(needed);
    expect(desk.rig.workstation.state().people.map(({ id }) => id)).toEqual([desk.head]);
    expect(desk.rig.workstation.session()?.replica.find('staff', {})).toHaveLength(1);
    await makePaperKey(desk.screen);
    const enrolled = await desk.screen.request('staff.enrol', nurse);
    expect(enrolled.ok).toBe(true);
    await unlock(desk, enrolled.ok ? enrolled.value.person : desk.head, byWords(nurseWords));
    expect(session(desk)).toMatchObject({ person: { name: 'Azimov Jasur' }, needsSecond: false });
  });

  test('the simulated key of development counts as the second', async () => {
    const desk = await atWork({ hasSimulatedDevices: true });
    const bySimulated = { ...nurse, withSimulatedKey: true };
    // There is none at these sockets.
    expect((await desk.screen.request('staff.enrol', bySimulated)).ok).toBe(false);
    expect(desk.rig.workstation.state().people).toHaveLength(1);
  });

  test('a reset and a key for somebody who lost everything leave her what she has', async () => {
    const desk = await atWork();
    const person = await desk.rig.addPerson(['nurse'], nurseWords);
    const other = await desk.rig.addPerson(['doctor'], 'uchinchi odam sozi');
    // Two holders take the place of the paper key, and she is one of them: her share is lost with her passphrase.
    expect((await desk.screen.request('recovery.set-holders', { people: [person, other] })).ok).toBe(true);
    const [slots, access] = [desk.rig.workstation.slots(), desk.rig.workstation.access()];
    if (slots === null || access === null) throw new Error('locked');
    expect(await slots.removePaperKey(access.dataKey)).toEqual(needed);
    await enrolKey(desk, person, byWords(nurseWords));
    expect(await slots.removePaperKey(access.dataKey)).toEqual(needed);
    await enrolKey(desk, other, byWords('uchinchi odam sozi'));
    expect((await slots.removePaperKey(access.dataKey)).ok).toBe(true);
    const next = 'yangi soz nurga toldi';
    expect(await desk.screen.request('staff.reset-passphrase', { person, next, proof: null })).toEqual(
      needed,
    );
    expect((await enrolKey(desk, person, null)).enrolled).toEqual(needed);
    expect(await waysOf(desk.screen, person)).toHaveLength(2);
    // With her own proof the key stays.
    const proof = byWords(nurseWords);
    expect((await desk.screen.request('staff.reset-passphrase', { person, next, proof })).ok).toBe(true);
    // What the administrator alone falls back on stays, until she has something of her own.
    expect(await desk.screen.request('recovery.set-holders', { people: [] })).toEqual(needed);
    expect(await desk.screen.request('staff.remove', { person, reason: 'left' })).toEqual(needed);
    await makePaperKey(desk.screen);
    expect((await desk.screen.request('staff.remove', { person, reason: 'left' })).ok).toBe(true);
  });

  test('one’s own passphrase is changed whatever there is, and the one before opens nothing', async () => {
    const desk = await atWork();
    const next = 'oltinchi bahor kuni';
    expect((await desk.screen.request('staff.change-passphrase', { next })).ok).toBe(true);
    await desk.rig.workstation.lock();
    expect(await unlock(desk, desk.head, byWords())).toMatchObject(failure('access.wrong-passphrase'));
    expect((await unlock(desk, desk.head, byWords(next))).ok).toBe(true);
  });
});

describe('what opened before', () => {
  test('opens nothing after its key was reported lost: not the secret it gave, not its finger', async () => {
    const desk = await atWork();
    const { bench } = await enrolKey(desk, desk.head, null);
    const file = join(layoutOf(desk.rig.folder).current, slotFileName);
    const list = v.parse(SlotFileSchema, JSON.parse(await readFile(file, 'utf8')));
    const known = list.slots.find((slot) => slot.method === 'fido2');
    if (known === undefined || known.method === 'passphrase') throw new Error('no key');
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
    const asking = { ...operation(), credential: bytes(known.credential), salt: bytes(known.salt) };
    const released = await bench.key.releaseSecret(asking);
    if (!released.ok) throw new Error(released.error.failure);
    const secret = Buffer.from(released.value.reveal()).toString('base64');
    const byOldSecret: Proof = { method: 'webauthn', slot: known.id, secret };
    await desk.rig.workstation.lock();
    expect((await unlock(desk, desk.head, byOldSecret)).ok).toBe(true);
    expect((await removeWay(desk, 'fido2', 'lost')).ok).toBe(true);
    await eventually(
      () => desk.rig.workstation.slots()?.isRotationDue() === false || undefined,
      'the new data key',
    );
    await desk.rig.workstation.lock();
    expect(await unlock(desk, desk.head, byOldSecret)).toEqual(failure('access.key-unknown'));
    expect(await unlock(desk, desk.head, byFinger)).toMatchObject({ ok: false });
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
  });
});
