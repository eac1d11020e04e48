import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialSlots } from './credential-slots.ts';
import { derive, unwrap } from './key-wrapping.ts';
import { Secret } from './secret.ts';
import {
  asHolder,
  byWords,
  enrolKeyBeside,
  keepPaperKey,
  shareByWords,
} from './simulated/simulated-people.ts';
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
import { doorKey, openBehind } from './slot-door.ts';
import { slotFileName } from './slot-file.ts';
import { type SlotFile, SlotFileSchema } from './slot-file-format.ts';
import { seedKey } from './slot-opening.ts';

let rig: SlotsRig;
let slots: CredentialSlots;
beforeEach(async () => {
  rig = await openSlotsRig();
  slots = await rig.open();
});
afterEach(() => rig.remove());

const contentNow = async (): Promise<SlotFile> =>
  v.parse(SlotFileSchema, JSON.parse(await readFile(join(rig.environment.folder, slotFileName), 'utf8')));

const shareOf = (person: typeof dilnoza, words: string, from = slots) => shareByWords(from, person, words);
const made = () => keepPaperKey(rig, slots);

/** Aziz and Malika hold shares and cannot open alone. */
async function withHolders(): Promise<void> {
  await slots.enrolPassphrase(rig.dataKey(), asHolder(aziz), azizWords, 'new');
  await slots.enrolPassphrase(rig.dataKey(), asHolder(malika), malikaWords, 'new');
  expect(await slots.setBreakGlassHolders(rig.dataKey(), [aziz.id, malika.id])).toMatchObject({ ok: true });
}

describe('two people', () => {
  test('together they open, after a restart and in either order', async () => {
    await withHolders();
    const anew = await rig.open();
    expect(anew.breakGlassHolders()).toEqual([aziz.id, malika.id]);
    for (const [first, second] of [
      [aziz, malika],
      [malika, aziz],
    ] as const) {
      const shares = await Promise.all([
        shareOf(first, first === aziz ? azizWords : malikaWords, anew),
        shareOf(second, second === aziz ? azizWords : malikaWords, anew),
      ]);
      const opened = await anew.unlockByTwo(...shares);
      expect(opened.ok && Buffer.from(opened.value.dataKey.reveal())).toEqual(Buffer.from(rig.keyBytes));
      expect(opened.ok && opened.value.personKeys).toBeNull();
      expect(shares.every(({ value }) => value.isWiped)).toBe(true);
    }
  });

  test('one alone does not open, nor with her own share twice, nor somebody without a share', async () => {
    await withHolders();
    expect(await slots.unlockByPassphrase(aziz.id, azizWords)).toMatchObject({
      ok: false,
      error: { code: 'access.forbidden', detail: { rule: 'holder-only' } },
    });
    const twice = await slots.unlockByTwo(await shareOf(aziz, azizWords), await shareOf(aziz, azizWords));
    expect(twice).toMatchObject({ ok: false, error: { detail: { rule: 'two-people' } } });
    expect(await slots.beginBreakGlass(dilnoza.id, byWords(dilnozaWords))).toMatchObject({
      ok: false,
      error: { detail: { rule: 'no-share' } },
    });
    expect(await slots.beginBreakGlass(aziz.id, byWords(malikaWords))).toMatchObject({
      ok: false,
      error: { code: 'access.wrong-passphrase' },
    });
  });

  /**
   * Not an `if`: whoever has one holder's secret and the file tries everything that is encrypted there with every key the
   * secret leads to, and finds no data key. The same search does find it with the administrator's secret.
   */
  test("one holder's secret and the file do not lead to the data key", async () => {
    await withHolders();
    const file = await contentNow();
    const found = await searchedWith(file, aziz.id, azizWords);
    expect(found.opened).toBeGreaterThan(0);
    expect(found.secrets.some((bytes) => bytes.equals(Buffer.from(rig.keyBytes)))).toBe(false);
    const control = await searchedWith(file, dilnoza.id, dilnozaWords);
    expect(control.secrets.some((bytes) => bytes.equals(Buffer.from(rig.keyBytes)))).toBe(true);
  });

  test('a share from before a change does not go with one from after it', async () => {
    await withHolders();
    const early = await shareOf(aziz, azizWords);
    expect(await slots.setBreakGlassHolders(rig.dataKey(), [aziz.id, malika.id])).toMatchObject({ ok: true });
    const opened = await slots.unlockByTwo(early, await shareOf(malika, malikaWords));
    expect(opened).toMatchObject({ ok: false, error: { detail: { rule: 'two-people' } } });
  });

  test("a holder's second key has her share as well; a removed slot has not", async () => {
    await withHolders();
    expect(await enrolKeyBeside(rig, slots, aziz, azizWords)).toMatchObject({ ok: true });
    const byKey = await slots.beginBreakGlass(aziz.id, {
      method: 'device',
      device: keyTouched('right-finger'),
      operation: byFinger,
    });
    if (!byKey.ok) throw new Error(byKey.error.code);
    const opened = await slots.unlockByTwo(byKey.value, await shareOf(malika, malikaWords));
    expect(opened).toMatchObject({ ok: true });
    const words = slots.keysOf(aziz.id).find(({ method }) => method === 'passphrase');
    expect(await slots.removeSlot(rig.dataKey(), words?.slot ?? '', 'lost')).toMatchObject({ ok: true });
    expect(await slots.beginBreakGlass(aziz.id, byWords(azizWords))).toMatchObject({ ok: false });
    expect(slots.isRotationDue()).toBe(true);
    expect(slots.keysOf(aziz.id).find(({ lostAt }) => lostAt !== null)?.slot).toBe(words?.slot);
  });

  test('fewer than two with a key are refused; none ends it', async () => {
    await withHolders();
    await made();
    for (const holders of [[aziz.id], [aziz.id, dilnoza.id, malika.id].slice(0, 1)]) {
      expect(await slots.setBreakGlassHolders(rig.dataKey(), holders)).toMatchObject({ ok: false });
    }
    expect(await slots.setBreakGlassHolders(rig.dataKey(), [])).toMatchObject({ ok: true });
    expect([slots.breakGlassHolders(), slots.isRotationDue()]).toEqual([[], true]);
  });
});

describe('a paper key', () => {
  test('opens after a restart; a typing error is told by group and costs no attempt', async () => {
    const printed = await made();
    const anew = await rig.open();
    const wrong = printed.startsWith('0') ? `1${printed.slice(1)}` : `0${printed.slice(1)}`;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await anew.unlockByPaperKey(wrong)).toMatchObject({
        ok: false,
        error: { code: 'access.wrong-passphrase', detail: { groups: ['1'] } },
      });
    }
    expect(anew.mistypedGroups(wrong)).toEqual([1]);
    const opened = await anew.unlockByPaperKey(printed.toLowerCase());
    expect(opened.ok && Buffer.from(opened.value.dataKey.reveal())).toEqual(Buffer.from(rig.keyBytes));
  });

  test('it is in no file, a new one ends it, and guesses are counted', async () => {
    const first = await made();
    const text = JSON.stringify(await contentNow());
    expect(text.includes(first) || text.includes(first.replaceAll('-', ''))).toBe(false);
    expect(slots.isRotationDue()).toBe(false);
    const second = await made();
    expect(slots.isRotationDue()).toBe(true);
    expect(await slots.unlockByPaperKey(second)).toMatchObject({ ok: true });
    const codes: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const opened = await slots.unlockByPaperKey(first);
      codes.push(opened.ok ? 'unlocked' : opened.error.code);
    }
    expect(codes[0]).toBe('access.wrong-passphrase');
    expect(codes.at(-1)).toBe('access.too-many-attempts');
    rig.wait(10 * 60_000);
    expect(await slots.unlockByPaperKey(second)).toMatchObject({ ok: true });
  });

  test('a person needs a second way in until there is one, of her own or for all', async () => {
    expect(slots.enrolmentStatus(dilnoza.id)).toEqual({ ways: 1, needsSecond: true });
    await made();
    expect(slots.enrolmentStatus(dilnoza.id)).toEqual({ ways: 1, needsSecond: false });
    await enrolKeyBeside(rig, slots, dilnoza, dilnozaWords);
    expect(await slots.removePaperKey(rig.dataKey())).toMatchObject({ ok: true });
    expect(slots.enrolmentStatus(dilnoza.id)).toEqual({ ways: 2, needsSecond: false });
  });
});

describe('nobody gets keys that are not hers', () => {
  test("a slot with another person's keys is refused", async () => {
    const own = await slots.enrolPassphrase(rig.dataKey(), aziz, azizWords, 'new');
    if (!own.ok) throw new Error('not enrolled');
    const refused = await slots.enrolPassphrase(rig.dataKey(), dilnoza, malikaWords, own.value);
    expect(refused).toMatchObject({ ok: false, error: { detail: { rule: 'other-person' } } });
    const unlocked = await slots.unlockByPassphrase(dilnoza.id, dilnozaWords);
    expect(unlocked.ok && unlocked.value.personKeys?.publicKey).toEqual(slots.signingKeyOf(dilnoza.id));
  });

  test('who lost everything gets new keys, and her older ways in end', async () => {
    const before = slots.signingKeyOf(dilnoza.id);
    await slots.enrolPassphrase(rig.dataKey(), aziz, azizWords, 'new');
    await slots.enrolDevice(rig.dataKey(), dilnoza, keyTouched('right-finger'), byFinger, 'new');
    expect(slots.signingKeyOf(dilnoza.id)).not.toEqual(before);
    expect(await slots.unlockByPassphrase(dilnoza.id, dilnozaWords)).toMatchObject({ ok: false });
    expect(slots.isRotationDue()).toBe(true);
  });
});

/** Every secret that can be opened with what a person's passphrase and the file lead to, over and over until no more comes. */
async function searchedWith(file: SlotFile, person: string, words: string) {
  const encrypted = everyString(file).map((text) => Buffer.from(text, 'base64'));
  const bindings = everyBinding(file);
  const secrets: Buffer[] = [];
  for (const slot of file.slots) {
    if (slot.person !== person || slot.method !== 'passphrase') continue;
    const salt = Buffer.from(slot.salt, 'base64');
    secrets.push(Buffer.from(await rig.environment.derivePassphraseKey(Buffer.from(words), salt, slot.cost)));
  }
  let opened = 0;
  for (let at = 0; at < secrets.length && at < 50; at += 1) {
    const known = () => new Secret(Uint8Array.from(secrets[at] ?? []));
    const keys = [known(), doorKey(known()), seedKey(known()), derive(known(), 'hamshira signing key v2')];
    for (const key of keys) {
      for (const bytes of encrypted) {
        for (const binding of bindings) {
          const found = [
            bytes.length === 60 ? unwrap(bytes, key.reveal(), binding) : undefined,
            openBehind(key, bytes, binding),
          ];
          for (const one of found) {
            const content = one && Buffer.from(one.reveal());
            if (content === undefined || secrets.some((old) => old.equals(content))) continue;
            opened += 1;
            secrets.push(content);
          }
        }
      }
    }
  }
  return { secrets, opened };
}

function everyString(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(everyString);
}

/** The texts that the parts of a list are bound to (slot-binding.ts), for all slots and shares. */
function everyBinding(file: SlotFile): string[] {
  const { database, generation, breakGlass } = file;
  const text = (...parts: (string | number)[]) => ['hamshira slot v2', ...parts].join('\n');
  return [
    text('data key for two', database, generation),
    ...file.slots.flatMap(({ person, id, method }) => [
      text('seed', database, person, id, method),
      text('data key', database, generation, person, id, method),
    ]),
    ...(breakGlass?.shares ?? []).map(({ holder, place, slot }) =>
      text('share', database, generation, holder, place, slot, breakGlass?.door ?? ''),
    ),
  ];
}
