import { describe, expect, it } from 'vitest';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { createMemoryReader, strangeId, testContext } from './actions/memory-reader.ts';
import { newRecordId } from './ids.ts';
import { allergyStatusOf, linkedPatients, patientsWithLinks, survivorOf } from './patient-links.ts';

const body: PatientBody = {
  name: { family: 'Aliyeva', given: 'Shahlo' },
  sex: 'female',
  birth: { date: '1985' },
  allergyStatus: 'none-known',
  allergies: [],
  problems: [],
};

function people(count: number) {
  const reader = createMemoryReader();
  const ids = Array.from({ length: count }, () => newRecordId(testContext.newId));
  const put = (id: RecordId, change: Partial<PatientBody>) => {
    const before = reader.get('patients', id)?.body ?? body;
    const writes = [{ collection: 'patients' as const, id, body: { ...before, ...change }, audit: 't' }];
    reader.apply({ subject: id, writes });
  };
  const link = (from: number, to: number) =>
    put(id(from), { replacedBy: { other: id(to), at: 1, by: testContext.person } });
  const id = (at: number): RecordId => ids[at] ?? strangeId;
  for (const each of ids) put(each, {});
  return { reader, id, put, link };
}

describe('LNK-P2: the record that goes on', () => {
  it('is the record itself, or the end of its chain', () => {
    const { reader, id, link } = people(3);
    expect(survivorOf(reader, id(0))).toBe(id(0));
    link(2, 1);
    link(1, 0);
    expect([0, 1, 2].map((at) => survivorOf(reader, id(at)))).toEqual([id(0), id(0), id(0)]);
  });

  it('is the oldest of a ring, from wherever one comes', () => {
    const { reader, id, link } = people(5);
    link(1, 2);
    link(2, 3);
    link(3, 1);
    link(4, 3);
    expect([1, 2, 3, 4].map((at) => survivorOf(reader, id(at)))).toEqual([id(1), id(1), id(1), id(1)]);
    expect(survivorOf(reader, id(0))).toBe(id(0));
    const others = [1, 2, 3, 4].map((at) => linkedPatients(reader, id(at)).map((each) => each.id));
    expect(others[0]).toEqual([id(2), id(3), id(4)]);
    expect(others[3]).toEqual([id(1), id(2), id(3)]);
  });

  it('is one that is here and not void', () => {
    const { reader, id, link, put } = people(3);
    put(id(1), { replacedBy: { other: strangeId, at: 1, by: testContext.person } });
    expect(survivorOf(reader, id(1))).toBe(id(1));
    link(1, 2);
    put(id(2), { voided: { reason: 'x', at: 1, by: testContext.person } });
    expect(survivorOf(reader, id(1))).toBe(id(1));
    expect(linkedPatients(reader, id(2))).toEqual([]);
  });

  it('names everybody who is linked, and nobody else', () => {
    const { reader, id, link } = people(4);
    link(1, 0);
    expect(patientsWithLinks(reader)).toEqual(new Set([id(1), id(0)]));
  });

  it('ends with a record that names itself', () => {
    const { reader, id, link } = people(1);
    link(0, 0);
    expect(survivorOf(reader, id(0))).toBe(id(0));
    expect(linkedPatients(reader, id(0))).toEqual([]);
  });
});

describe('LNK-P3: allergies of linked records', () => {
  const penicillin = {
    id: '0190a000-0000-7000-8000-0000000000a1',
    substance: 'Penitsillin',
    at: 1,
    by: testContext.person,
  } as PatientBody['allergies'][number];
  const known = { allergyStatus: 'known', allergies: [penicillin] } as const;
  const own = { allergyStatus: 'none-known', allergies: [] } as const;

  it('are known as soon as one record has one that stands', () => {
    expect(allergyStatusOf({ ...own, allergies: [] }, [])).toBe('none-known');
    expect(allergyStatusOf({ ...own, allergies: [] }, [{ ...known, allergies: [penicillin] }])).toBe('known');
    const wrong = { ...penicillin, enteredInError: true };
    expect(allergyStatusOf({ ...own, allergies: [] }, [{ ...known, allergies: [wrong] }])).toBe('none-known');
    const voided = { reason: 'x', at: 1, by: testContext.person };
    expect(allergyStatusOf({ ...own, allergies: [] }, [{ ...known, allergies: [penicillin], voided }])).toBe(
      'none-known',
    );
  });
});
