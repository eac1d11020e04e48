import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { PatientBody } from '#contracts/records/patients.ts';
import { recordTypes } from '#contracts/records/registry.ts';
import { ConflictingFieldSchema } from '#contracts/records/reviews.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import { isSame } from '#sync/merge/json-equality.ts';
import { type MergedBody, type MergeSides, mergeRecord } from '#sync/merge/merge-record.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { editPatient, editVisit, randomPatient, randomVisit } from './random-bodies.ts';

const runs = 1000;
type Merging = 'patients' | 'visits';
type Fields = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, unknown>> & { readonly id: string };

const itemLists = { patients: ['allergies', 'problems'], visits: ['entries'] } as const;

function edited<Body>(
  body: Body,
  edit: (body: Body, random: SeededRandom) => Body,
  random: SeededRandom,
): Body {
  return Array.from({ length: random.below(4) }).reduce<Body>((next) => edit(next, random), body);
}

interface World<C extends Merging> {
  readonly seed: number;
  readonly collection: C;
  readonly sides: MergeSides<C> & { readonly base: NonNullable<MergeSides<C>['base']> };
  readonly merged: MergedBody<C>;
}

function patientWorld(seed: number): World<'patients'> {
  const random = new SeededRandom(seed);
  const base = randomPatient(random);
  const sides = { base, mine: edited(base, editPatient, random), theirs: edited(base, editPatient, random) };
  return { seed, collection: 'patients', sides, merged: mergeRecord('patients', sides) };
}

function visitWorld(seed: number): World<'visits'> {
  const random = new SeededRandom(seed);
  const base = randomVisit(random);
  const sides = { base, mine: edited(base, editVisit, random), theirs: edited(base, editVisit, random) };
  return { seed, collection: 'visits', sides, merged: mergeRecord('visits', sides) };
}

const worlds = (): readonly (World<'patients'> | World<'visits'>)[] =>
  Array.from({ length: runs }, (_, seed) => [patientWorld(seed), visitWorld(seed)]).flat();

const fieldsOf = (body: PatientBody | VisitBody): Fields => ({ ...body });
const itemsOf = (body: Fields, field: string): readonly Item[] => {
  const items = body[field];
  return Array.isArray(items) ? items : [];
};
const isList = (world: { collection: Merging }, field: string) =>
  itemLists[world.collection].some((list) => list === field);

function conflictsOf(world: { merged: MergedBody<Merging> }, field: string, itemId?: string) {
  return world.merged.conflicts.filter(
    (found) => found.field === field && (itemId === undefined || found.itemId === itemId),
  );
}

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

describe('merging any two edits (MRG-1 to MRG-9)', () => {
  it('gives a body that fits the schema and conflicts that fit a review', () => {
    for (const { merged, collection, seed } of worlds()) {
      expect(v.is(recordTypes[collection].body, merged.body), `seed ${seed}`).toBe(true);
      for (const conflict of merged.conflicts) expect(v.is(ConflictingFieldSchema, conflict)).toBe(true);
      expect(merged.keepsMine).toBe(true);
    }
  });

  it('changes nothing when nothing was changed, and takes the only side that changed', () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const { base, mine, theirs } = patientWorld(seed).sides;
      expect(mergeRecord('patients', { base, mine: base, theirs: base })).toMatchObject({
        body: base,
        conflicts: [],
      });
      expect(mergeRecord('patients', { base, mine: base, theirs }).conflicts).toEqual([]);
      expect(isSame(mergeRecord('patients', { base, mine: base, theirs }).body, theirs)).toBe(true);
      expect(isSame(mergeRecord('patients', { base, mine, theirs: base }).body, mine)).toBe(true);
      const visit = visitWorld(seed).sides;
      expect(isSame(mergeRecord('visits', { ...visit, theirs: visit.base }).body, visit.mine)).toBe(true);
      expect(isSame(mergeRecord('visits', { ...visit, mine: visit.base }).body, visit.theirs)).toBe(true);
    }
  });

  it('lets a one-sided edit of a field win, except a void against an edit', () => {
    let checked = 0;
    for (const world of worlds()) {
      const [base, mine, theirs, body] = [
        world.sides.base,
        world.sides.mine,
        world.sides.theirs,
        world.merged.body,
      ].map(fieldsOf);
      if (!base || !mine || !theirs || !body) throw new Error('a side is missing');
      for (const field of Object.keys({ ...base, ...mine, ...theirs })) {
        if (isList(world, field) || conflictsOf(world, field).length > 0) continue;
        const expected = isSame(mine[field], base[field]) ? theirs[field] : mine[field];
        expect(isSame(body[field], expected), `seed ${world.seed} ${field}`).toBe(true);
        checked += isSame(mine[field], theirs[field]) ? 0 : 1;
      }
    }
    expect(checked).toBeGreaterThan(500);
  });

  it('keeps both values of a field both sides changed: one in the body, both in the conflict', () => {
    let checked = 0;
    for (const world of worlds()) {
      const { base, mine, theirs } = world.sides;
      for (const [field, here] of Object.entries(fieldsOf(mine))) {
        const [was, there] = [fieldsOf(base)[field], fieldsOf(theirs)[field]];
        if (isList(world, field) || isSame(here, was) || isSame(there, was) || isSame(here, there)) continue;
        const [conflict] = conflictsOf(world, field);
        expect(isSame(parsed(conflict?.mine), here), `seed ${world.seed} ${field}`).toBe(true);
        expect(isSame(parsed(conflict?.theirs), there), `seed ${world.seed} ${field}`).toBe(true);
        const stays = field === 'allergyStatus' ? [there, 'known'] : [there];
        expect(stays.some((value) => isSame(fieldsOf(world.merged.body)[field], value))).toBe(true);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(80);
  });

  it('loses no item of either side, and no reading of one', () => {
    let contested = 0;
    for (const world of worlds()) {
      for (const field of itemLists[world.collection]) {
        const body = itemsOf(fieldsOf(world.merged.body), field);
        expect(new Set(body.map((item) => item.id)).size).toBe(body.length);
        for (const side of [world.sides.mine, world.sides.theirs]) {
          for (const item of itemsOf(fieldsOf(side), field)) {
            const isBase = itemsOf(fieldsOf(world.sides.base), field).some((was) => isSame(was, item));
            const stays = body.some((kept) => isSame(kept, item));
            const asked = conflictsOf(world, field, item.id).some(
              (found) => isSame(parsed(found.mine), item) || isSame(parsed(found.theirs), item),
            );
            contested += asked && !stays ? 1 : 0;
            expect(body.some((kept) => kept.id === item.id)).toBe(true);
            expect(stays || asked || isBase, `seed ${world.seed} ${field}`).toBe(true);
          }
        }
      }
    }
    expect(contested).toBeGreaterThan(5);
  });

  it('asks about a void that meets an edit', () => {
    let [records, entries] = [0, 0];
    for (let seed = 0; seed < runs * 2; seed += 1) {
      const patient = patientWorld(seed);
      const { base, mine, theirs } = patient.sides;
      if (mine.voided === undefined && theirs.voided !== undefined && !isSame(mine, base)) {
        expect(conflictsOf(patient, 'voided')).toHaveLength(1);
        expect(patient.merged.body.voided).toEqual(theirs.voided);
        records += 1;
      }
      const { theirs: other, base: before, mine: own } = patient.sides;
      const { voided: _theirs, ...edits } = other;
      if (own.voided !== undefined && other.voided === undefined && !isSame(edits, before)) {
        expect(conflictsOf(patient, 'voided')).toHaveLength(1);
        expect(patient.merged.body.voided).toBeUndefined();
        records += 1;
      }
      entries += checkVoidedEntries(visitWorld(seed));
    }
    expect(records).toBeGreaterThan(50);
    expect(entries).toBeGreaterThan(20);
  });

  it('asks nothing twice when merged again (MRG-6)', () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const patient = patientWorld(seed);
      const again = mergeRecord('patients', {
        base: patient.sides.theirs,
        mine: patient.merged.body,
        theirs: patient.sides.theirs,
      });
      expect(again).toEqual({ body: patient.merged.body, conflicts: [], keepsMine: true });
      const retried = mergeRecord('patients', { ...patient.sides, mine: patient.merged.body });
      expect(retried.body).toEqual(patient.merged.body);
      const visit = visitWorld(seed);
      const next = mergeRecord('visits', {
        base: visit.sides.theirs,
        mine: visit.merged.body,
        theirs: visit.sides.theirs,
      });
      expect(next).toEqual({ body: visit.merged.body, conflicts: [], keepsMine: true });
      expect(mergeRecord('visits', { ...visit.sides, mine: visit.merged.body })).toMatchObject({
        body: visit.merged.body,
        conflicts: [],
      });
    }
  });

  it('shows no standing allergy under "none known"', () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const { body } = patientWorld(seed).merged;
      const standing = body.allergies.some((allergy) => allergy.enteredInError !== true);
      if (standing) expect(body.allergyStatus, `seed ${seed}`).toBe('known');
    }
  });

  it('without a base overwrites nothing unseen: every difference stays on one side and in review', () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const { mine, theirs } = patientWorld(seed).sides;
      const { body, conflicts } = mergeRecord('patients', { base: undefined, mine, theirs });
      for (const [field, there] of Object.entries(fieldsOf(theirs))) {
        if (Array.isArray(there) || isSame(fieldsOf(mine)[field], there)) continue;
        const asked = conflicts.some((found) => found.field === field && isSame(parsed(found.theirs), there));
        expect(asked || isSame(fieldsOf(body)[field], there), `seed ${seed} ${field}`).toBe(true);
      }
    }
  });
});

function checkVoidedEntries(world: World<'visits'>): number {
  const isNew = (id: string) => !world.sides.base.entries.some((entry) => entry.id === id);
  const fresh = (body: VisitBody) => body.entries.filter((entry) => isNew(entry.id) && 'amends' in entry);
  const isVoid = (kind: string) => kind === 'void';
  let found = 0;
  for (const mine of fresh(world.sides.mine)) {
    const against = fresh(world.sides.theirs).filter(
      (theirs) =>
        'amends' in mine &&
        'amends' in theirs &&
        mine.amends !== undefined &&
        mine.amends === theirs.amends &&
        isVoid(mine.kind) !== isVoid(theirs.kind),
    );
    if (against.length === 0) continue;
    expect(conflictsOf(world, 'entries', mine.id), `seed ${world.seed}`).toHaveLength(1);
    found += 1;
  }
  return found;
}
