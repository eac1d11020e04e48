import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSimulatedShelf } from '#access/simulated/simulated-shelf.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { failure } from './access-bench.ts';
import { makePaperKey, openRig, type Rig } from './rig.ts';
import type { TestScreen } from './test-screen.ts';

// Folders of workstations as released programs wrote them (`scripts/make-data-folder.ts`), kept for ever: what was saved, sent, signed and
// set up must be there, and today's rules hold. `folder-step-3` was enrolled before anybody asked for a second way in (ACC-52).

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const folders = readdirSync(fixtures).filter((name) => name.startsWith('folder-step-'));
const hourMs = 3_600_000;
const word = v.string();
const HoldsSchema = v.object({
  madeAt: v.number(),
  /** Missing where nobody was asked for a second way in yet. */
  paperKey: v.optional(word),
  words: v.object({ head: word, nurse: word, doctor: word }),
  people: v.object({ head: PersonIdSchema, nurse: PersonIdSchema, doctor: PersonIdSchema }),
  patients: v.object({ first: RecordIdSchema, second: RecordIdSchema }),
  visits: v.object({ received: RecordIdSchema, pending: RecordIdSchema, begun: RecordIdSchema }),
});
const holdsOf = (name: string) =>
  v.parse(HoldsSchema, JSON.parse(readFileSync(join(fixtures, name, 'holds.json'), 'utf8')));

test('there is a folder of an older program', () => {
  expect(folders).toContain('folder-step-3');
});

describe.each(folders)('%s', (name) => {
  const { madeAt, paperKey, words, people, patients, visits } = holdsOf(name);
  let rig: Rig;
  let screen: TestScreen;
  let dataKey: Uint8Array;
  beforeEach(async () => {
    const folder = join(fixtures, name);
    rig = await openRig({
      devices: await openSimulatedShelf(folder, systemRandom),
      written: { folder, now: madeAt + hourMs },
      openReplica: (real) => (place) => {
        dataKey = Uint8Array.from(place.dataKey);
        return real(place);
      },
    });
    screen = rig.screen();
  });
  afterEach(() => rig.close());

  const replica = (): Replica => {
    const opened = rig.workstation.session()?.replica;
    if (opened === undefined) throw new Error('locked');
    return opened;
  };
  const unlock = async (who: keyof typeof people): Promise<void> => {
    expect(await rig.unlock(people[who], words[who])).toEqual({ ok: true, value: { person: people[who] } });
  };
  const needsSecond = (): boolean | undefined => rig.workstation.state().session?.needsSecond;

  async function expectEverything(): Promise<void> {
    expect(replica().count('patients', {})).toBe(2);
    const first = screen.open('patients.record', { id: patients.first });
    const shown = await first.until((record) => record !== null);
    expect(shown?.body.name.family).toBe('Qoʻchqorboyeva');
    expect(shown?.visits.map(({ id, state }) => [id, state])).toEqual([
      [visits.pending, 'finished'],
      [visits.received, 'finished'],
    ]);
    for (const visit of shown?.visits ?? [])
      expect(visit.signatures).toMatchObject([{ by: people.nurse, verdict: 'valid', beyond: [] }]);
    const delivered = shown?.visits.map(({ delivery }) => delivery.state);
    expect(delivered).toEqual(['saved', 'received']);
    const second = screen.open('patients.record', { id: patients.second });
    const other = await second.until((record) => record !== null);
    expect(other?.visits.map(({ id, state }) => [id, state])).toEqual([[visits.begun, 'in-progress']]);
    const kinds = other?.visits[0]?.body.entries.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['vitals', 'complaint', 'diagnosis']));
    const unsent = new Set(
      replica()
        .outbox.pending(50)
        .map(({ record }) => record.id),
    );
    expect(unsent.has(visits.pending) && unsent.has(visits.begun)).toBe(true);
    expect(unsent.has(visits.received)).toBe(false);
    first.close();
    second.close();
  }

  test('opens for everybody it was made for, with all that it holds', async () => {
    expect(rig.workstation.state()).toMatchObject({ phase: 'locked' });
    expect(new Set(rig.workstation.state().people.map(({ id }) => id))).toEqual(
      new Set(Object.values(people)),
    );
    expect(await rig.unlock(people.nurse, words.head)).toMatchObject(failure('access.wrong-passphrase'));
    for (const who of ['head', 'nurse', 'doctor'] as const) {
      await unlock(who);
      await expectEverything();
      await rig.workstation.lock();
    }
    // Her key opens as it did there.
    expect(await rig.workstation.unlock({ method: 'simulated-key', person: people.nurse })).toMatchObject({
      ok: true,
    });
    await rig.workstation.close();
    const file = join(layoutOf(rig.folder).current, 'records.sqlite');
    const patientIndex = createPatientIndex(patientSearchRules);
    const opened = await openReplica({ file, key: dataKey, patientIndex, reserveBytes: 64 * 1024 });
    const { entries, firstBroken } = opened.verifyAudit();
    await opened.close();
    expect(firstBroken).toBeNull();
    expect(entries).toBeGreaterThan(20);
  });

  test('is worked on: a begun visit is finished and signed, and everything stays for the next start', async () => {
    await unlock('nurse');
    const finished = await screen.request('visits.record', {
      id: visits.begun,
      entries: [{ kind: 'note', text: 'ertaga qayta koʻrik' }],
      state: 'finished',
    });
    expect(finished).toMatchObject({ ok: true, value: { isSigned: true } });
    await rig.workstation.close();
    await rig.restart();
    await unlock('doctor');
    const record = rig.screen().open('patients.record', { id: patients.second });
    const shown = await record.until((value) => value !== null);
    expect(shown?.visits[0]).toMatchObject({
      state: 'finished',
      signatures: [{ by: people.nurse, verdict: 'valid' }],
    });
  });

  test('demands the second way of whoever has one alone, and opens by the paper key (ACC-52, ACC-53, ACC-31)', async () => {
    const isAlone = paperKey === undefined;
    await unlock('nurse');
    expect(needsSecond()).toBe(false);
    for (const who of ['doctor', 'head'] as const) {
      await unlock(who);
      expect(needsSecond()).toBe(isAlone);
    }
    const enrol = () =>
      screen.request('staff.enrol', {
        name: { family: 'Azimov', given: 'Jasur' },
        roles: ['nurse'],
        passphrase: 'sakkizta yashil olma',
      });
    if (isAlone) expect(await enrol()).toMatchObject(failure('access.second-way-needed'));
    const code = paperKey ?? (await makePaperKey(screen)).join('-');
    expect(needsSecond()).toBe(false);
    expect((await enrol()).ok).toBe(true);
    await unlock('doctor');
    expect(needsSecond()).toBe(false);
    await rig.workstation.lock();
    const order = { method: 'paper', code, name: 'Umida', reason: 'kalit yoʻqoldi' } as const;
    expect((await rig.workstation.breakGlass(order)).ok).toBe(true);
    await expectEverything();
  });

  test('has its data key replaced when a paper key is, and holds the same under the new one (ACC-24)', async () => {
    await unlock('head');
    // Nothing is due before something was taken away.
    for (let sheets = 0; sheets < 2; sheets += 1) await makePaperKey(screen);
    const before = readFileSync(join(layoutOf(rig.folder).current, 'records.sqlite-key-check'));
    expect(await rig.workstation.renewKey()).toEqual({ ok: true, value: { person: people.head } });
    screen = rig.screen();
    await expectEverything();
    await rig.workstation.close();
    await rig.restart();
    expect(readFileSync(join(layoutOf(rig.folder).current, 'records.sqlite-key-check'))).not.toEqual(before);
    screen = rig.screen();
    await unlock('nurse');
    await expectEverything();
  });
});
