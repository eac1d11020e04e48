import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialSlots, EnrolledPerson } from './credential-slots.ts';
import { newPaperKey } from './paper-key.ts';
import { asHolder, enrolKeyBeside, provedByWords } from './simulated/simulated-people.ts';
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

// docs/specs/access.md ACC-52: nobody is left with one thing to lose.

let rig: SlotsRig;
let slots: CredentialSlots;
beforeEach(async () => {
  rig = await openSlotsRig();
  slots = await rig.open();
});
afterEach(() => rig.remove());

const done = { ok: true };
const refused = { ok: false, error: { code: 'access.second-way-needed' } };
const byOthers = (person: EnrolledPerson): EnrolledPerson => ({ ...person, isSecondDemanded: true });
const makePaper = () => slots.keepPaperKey(rig.dataKey(), newPaperKey(rig.environment.random));
const enrol = (person: EnrolledPerson, words: string) =>
  slots.enrolPassphrase(rig.dataKey(), person, words, 'new');
const slotOf = (person: EnrolledPerson, method: string) =>
  slots.keysOf(person.id).find((key) => key.method === method && key.lostAt === null)?.slot ?? '';
const isAtRisk = (person: EnrolledPerson) => slots.enrolmentStatus(person.id).needsSecond;
const addKey = (person: EnrolledPerson, words: string) => enrolKeyBeside(rig, slots, person, words);

describe('enrolling somebody', () => {
  test('with one way and nothing to fall back on is refused, and leaves nothing', async () => {
    expect(await enrol(byOthers(aziz), azizWords)).toMatchObject(refused);
    expect(slots.people().map(({ id }) => id)).toEqual([dilnoza.id]);
    expect((await rig.open()).revision()).toBe(slots.revision());
  });

  test('counts once there is a paper key', async () => {
    await makePaper();
    expect(await enrol(byOthers(aziz), azizWords)).toMatchObject(done);
    expect(isAtRisk(aziz)).toBe(false);
  });

  test('counts with two holders, and not when one of the two is she herself', async () => {
    await enrol(asHolder(malika), malikaWords);
    await enrol(aziz, azizWords);
    await slots.setBreakGlassHolders(rig.dataKey(), [malika.id, aziz.id]);
    expect([isAtRisk(dilnoza), isAtRisk(aziz), isAtRisk(malika)]).toEqual([false, true, false]);
    expect(await enrol(byOthers(aziz), 'boshqa soz yana bir')).toMatchObject(refused);
    expect(await slots.unlockByPassphrase(aziz.id, azizWords)).toMatchObject(done);
  });

  test('with a key: not touched in vain, but told before; beside a passphrase it is the second', async () => {
    await enrol(aziz, azizWords);
    let touches = 0;
    const counting = {
      ...keyTouched('right-finger'),
      createCredential: async () => {
        touches += 1;
        throw new Error('nothing is made');
      },
    };
    const alone = slots.enrolDevice(rig.dataKey(), byOthers(aziz), counting, byFinger, 'new');
    expect([await alone, touches]).toMatchObject([refused, 0]);
    expect(await addKey(byOthers(aziz), azizWords)).toMatchObject(done);
    expect(slots.enrolmentStatus(aziz.id)).toEqual({ ways: 2, needsSecond: false });
    // A passphrase takes the place of the one before: with her key it is still two.
    const keys = await provedByWords(slots, aziz, azizWords);
    const next = 'boshqa soz yana bir';
    expect(await slots.enrolPassphrase(rig.dataKey(), byOthers(aziz), next, keys)).toMatchObject(done);
    // New keys end the key: one way is left.
    expect(await enrol(byOthers(aziz), azizWords)).toMatchObject(refused);
    expect(slots.enrolmentStatus(aziz.id).ways).toBe(2);
  });

  test('is looked at again when the key was touched: what was there to fall back on may be gone', async () => {
    await makePaper();
    await addKey(dilnoza, dilnozaWords);
    const key = keyTouched('right-finger', 9);
    const slow = {
      ...key,
      releaseSecret: async (request: Parameters<typeof key.releaseSecret>[0]) => {
        expect(await slots.removePaperKey(rig.dataKey())).toMatchObject(done);
        return key.releaseSecret(request);
      },
    };
    expect(await slots.enrolDevice(rig.dataKey(), byOthers(aziz), slow, byFinger, 'new')).toMatchObject(
      refused,
    );
    expect(slots.people()).toHaveLength(1);
  });

  test('a passphrase that takes the place of the only one is no second way, though she shows the one before', async () => {
    await enrol(aziz, azizWords);
    const keys = await provedByWords(slots, aziz, azizWords);
    const next = 'boshqa soz yana bir';
    const reset = () => slots.enrolPassphrase(rig.dataKey(), byOthers(aziz), next, keys);
    expect(await reset()).toMatchObject(refused);
    await makePaper();
    expect(await reset()).toMatchObject(done);
  });

  test('herself, or a holder who never opens alone, is not refused', async () => {
    expect(await enrol(dilnoza, 'boshqa soz yana bir')).toMatchObject(done);
    expect(isAtRisk(dilnoza)).toBe(true);
    expect(await enrol(byOthers(asHolder(malika)), malikaWords)).toMatchObject(done);
  });
});

describe('what others fall back on', () => {
  test('a paper key cannot be withdrawn, and can be renewed, while somebody has one way', async () => {
    await makePaper();
    expect(await slots.removePaperKey(rig.dataKey())).toMatchObject(refused);
    expect(await makePaper()).toMatchObject(done);
    await addKey(dilnoza, dilnozaWords);
    expect(await slots.removePaperKey(rig.dataKey())).toMatchObject(done);
  });

  test('holders cannot be taken away or removed; who was revoked elsewhere goes', async () => {
    await enrol(asHolder(malika), malikaWords);
    await enrol(asHolder(aziz), azizWords);
    await slots.setBreakGlassHolders(rig.dataKey(), [malika.id, aziz.id]);
    expect(await slots.setBreakGlassHolders(rig.dataKey(), [])).toMatchObject(refused);
    expect(await slots.remove(rig.dataKey(), malika.id, 'gone')).toMatchObject(refused);
    expect(await slots.removeSlot(rig.dataKey(), slotOf(malika, 'passphrase'), 'removed')).toMatchObject(
      refused,
    );
    expect(slots.breakGlassHolders()).toEqual([malika.id, aziz.id]);
    expect(await slots.remove(rig.dataKey(), malika.id, 'revoked')).toMatchObject(done);
    expect([slots.breakGlassHolders(), slots.isRotationDue(), isAtRisk(dilnoza)]).toEqual([[], true, true]);
  });

  test('a paper key beside them lets holders go', async () => {
    await enrol(asHolder(malika), malikaWords);
    await enrol(asHolder(aziz), azizWords);
    await slots.setBreakGlassHolders(rig.dataKey(), [malika.id, aziz.id]);
    await makePaper();
    expect(await slots.remove(rig.dataKey(), malika.id, 'gone')).toMatchObject(done);
    expect(await slots.setBreakGlassHolders(rig.dataKey(), [])).toMatchObject(done);
  });
});

describe('a way that goes', () => {
  test('stays while it is the second and opens; lost or broken it goes, and she is at risk', async () => {
    await addKey(dilnoza, dilnozaWords);
    expect(await slots.removeSlot(rig.dataKey(), slotOf(dilnoza, 'passphrase'), 'removed')).toMatchObject(
      refused,
    );
    expect(slots.enrolmentStatus(dilnoza.id)).toEqual({ ways: 2, needsSecond: false });
    expect(await slots.removeSlot(rig.dataKey(), slotOf(dilnoza, 'simulated-key'), 'broken')).toMatchObject(
      done,
    );
    expect(isAtRisk(dilnoza)).toBe(true);
    expect(slots.keysOf(dilnoza.id).some(({ lostAt }) => lostAt !== null)).toBe(false);
  });
});
