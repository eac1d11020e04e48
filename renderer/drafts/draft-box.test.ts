import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import {
  type DraftBox,
  type DraftStore,
  mostDrafts,
  oldestDraftMs,
  openDraftBox,
  type SealedDraft,
} from './draft-box.ts';
import { draftId, importDraftKeys, openDraft, sealDraft } from './draft-crypto.ts';

/** Sealed drafts in memory, with a disk that can be full. */
class MemoryStore implements DraftStore {
  readonly rows = new Map<string, SealedDraft>();
  isFull = false;

  async list(owner: string) {
    return [...this.rows.values()].filter((row) => row.id.startsWith(`${owner}-`));
  }
  async put(draft: SealedDraft) {
    if (this.isFull) throw new Error('full');
    this.rows.set(draft.id, draft);
  }
  async remove(id: string) {
    this.rows.delete(id);
  }
  async close() {}
}

const keyOf = (byte: number): string => btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)));
const nurse = keyOf(1);
const otherNurse = keyOf(2);
const recordId = (number: number): RecordId =>
  v.parse(RecordIdSchema, `0190a000-0000-7000-8000-${String(number).padStart(12, '0')}`);
const person: PersonId = v.parse(PersonIdSchema, recordId(99));
const registration = { form: 'registration' } as const;
const visit = (number: number) =>
  ({ form: 'visit', patientId: recordId(number), visitId: recordId(1000 + number) }) as const;

interface World {
  readonly store: MemoryStore;
  now: number;
  runTimers(): Promise<void>;
  open(key: string): Promise<DraftBox>;
}

function makeWorld(): World {
  let due: (() => void)[] = [];
  const boxes: DraftBox[] = [];
  const world: World = {
    store: new MemoryStore(),
    now: 1_000_000,
    async runTimers() {
      const runs = due.splice(0);
      if (runs.length === 0) return;
      // A box tells when a write has ended, well or badly.
      const told = new Promise<void>((resolve) => {
        for (const box of boxes) box.onChange(resolve);
      });
      for (const run of runs) run();
      await told;
    },
    async open(key) {
      const box = await openDraftBox({
        store: world.store,
        keys: await importDraftKeys(crypto, key),
        crypto,
        clock: { now: () => world.now },
        timers: {
          after(_waitMs, run) {
            due.push(run);
            return () => {
              due = due.filter((each) => each !== run);
            };
          },
        },
      });
      boxes.push(box);
      return box;
    },
  };
  return world;
}

describe('sealing', () => {
  it('DRA-2: keys cannot be read back', async () => {
    const keys = await importDraftKeys(crypto, nurse);
    expect(keys.sealing.extractable).toBe(false);
    expect(keys.naming.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', keys.sealing)).rejects.toThrow();
  });

  it('opens only with the same key, under the same name, undamaged', async () => {
    const keys = await importDraftKeys(crypto, nurse);
    const id = await draftId(crypto, keys, 'registration');
    const sealed = await sealDraft(crypto, keys, id, 'Dilnoza');
    expect(await openDraft(crypto, keys, id, sealed)).toBe('Dilnoza');
    expect(await openDraft(crypto, await importDraftKeys(crypto, otherNurse), id, sealed)).toBeNull();
    expect(await openDraft(crypto, keys, `${id}0`, sealed)).toBeNull();
    const flipped = (sealed.startsWith('A') ? 'B' : 'A') + sealed.slice(1);
    expect(await openDraft(crypto, keys, id, flipped)).toBeNull();
    expect(await openDraft(crypto, keys, id, '!')).toBeNull();
  });

  it('never seals the same text to the same bytes', async () => {
    const keys = await importDraftKeys(crypto, nurse);
    expect(await sealDraft(crypto, keys, 'a', 'x')).not.toBe(await sealDraft(crypto, keys, 'a', 'x'));
  });

  it('DRA-3: names tell neither subject nor person', async () => {
    const id = await draftId(crypto, await importDraftKeys(crypto, nurse), `visit/${recordId(5)}`);
    const other = await draftId(crypto, await importDraftKeys(crypto, otherNurse), `visit/${recordId(5)}`);
    expect(id).toMatch(/^[0-9a-f]{16}-[0-9a-f]{64}$/);
    expect(id).not.toContain(recordId(5).slice(0, 8));
    expect(other).not.toBe(id);
    expect(other.slice(0, 16)).not.toBe(id.slice(0, 16));
  });
});

describe('the box', () => {
  it('gives back after a crash what was typed, to the same person only', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    box.keep(registration, 'Karimova Dilnoza', { family: 'Karimova' });
    await world.runTimers();
    // No close: the page is gone.
    expect((await world.open(otherNurse)).drafts()).toEqual([]);
    expect((await world.open(nurse)).drafts()).toEqual([
      { subject: registration, title: 'Karimova Dilnoza', values: { family: 'Karimova' }, at: world.now },
    ]);
  });

  it('DRA-1: keeps nothing in plain', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    box.keep(visit(7), 'Karimova Dilnoza', { complaint: 'bosh ogʻrigʻi', by: person });
    await world.runTimers();
    const onDisk = JSON.stringify([...world.store.rows.values()]);
    expect(world.store.rows.size).toBe(1);
    for (const secret of ['Karimova', 'bosh', recordId(7), recordId(1007), person, 'visit']) {
      expect(onDisk).not.toContain(secret);
      expect(onDisk).not.toContain(btoa(unescape(encodeURIComponent(secret))).slice(0, 8));
    }
  });

  it('DRA-4: writes the latest text once, while typing goes on', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    for (const text of ['K', 'Ka', 'Kar']) box.keep(registration, text, { family: text });
    await world.runTimers();
    expect((await world.open(nurse)).drafts()).toMatchObject([{ values: { family: 'Kar' } }]);
  });

  it('forgets what was saved as a record', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    box.keep(registration, 'K', {});
    await world.runTimers();
    await box.forget(registration);
    expect(world.store.rows.size).toBe(0);
    expect(box.drafts()).toEqual([]);
  });

  it('writes what waits when it is closed, and takes nothing more', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    box.keep(registration, 'K', {});
    await box.close();
    box.keep(visit(1), 'too late', {});
    await world.runTimers();
    expect(world.store.rows.size).toBe(1);
  });

  it('throws away, and counts, a draft that does not open', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    box.keep(registration, 'K', {});
    await world.runTimers();
    for (const [id, row] of [...world.store.rows])
      world.store.rows.set(id, { ...row, sealed: btoa('damaged beyond any repair at all') });
    const opened = await world.open(nurse);
    expect(opened.discarded).toBe(1);
    expect(opened.drafts()).toEqual([]);
    expect(world.store.rows.size).toBe(0);
  });

  it('keeps a bounded number and no old ones', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    for (let number = 0; number < mostDrafts + 3; number += 1) {
      world.now += 1;
      box.keep(visit(number), String(number), {});
    }
    await world.runTimers();
    expect(world.store.rows.size).toBe(mostDrafts);
    expect(box.drafts().map((draft) => draft.title)).not.toContain('2');
    world.now += oldestDraftMs + 1;
    const later = await world.open(nurse);
    expect(later.drafts()).toEqual([]);
    expect(later.discarded).toBe(0);
    expect(world.store.rows.size).toBe(0);
  });

  it('says so while the disk takes nothing, and writes when it does again', async () => {
    const world = makeWorld();
    const box = await world.open(nurse);
    world.store.isFull = true;
    box.keep(registration, 'K', { family: 'K' });
    await world.runTimers();
    expect(box.isFailing()).toBe(true);
    world.store.isFull = false;
    box.keep(registration, 'Ka', { family: 'Ka' });
    await world.runTimers();
    expect(box.isFailing()).toBe(false);
    expect(world.store.rows.size).toBe(1);
  });
});
