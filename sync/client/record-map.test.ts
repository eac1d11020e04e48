import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RecordIdSchema } from '#contracts/ids.ts';
import { RecordMap } from './record-map.ts';

const id = v.parse(RecordIdSchema, '0199b000-0000-7000-8000-000000000001');
const visit = { collection: 'visits', id } as const;
const patient = { collection: 'patients', id } as const;

describe('RecordMap', () => {
  it('tells records of different collections apart that bear one id', () => {
    const map = new RecordMap<number>();
    map.set(visit, 1);
    expect([map.has(visit), map.has(patient), map.size]).toEqual([true, false, 1]);
    map.set(patient, 2);
    expect([map.get(visit), map.get(patient), map.values()]).toEqual([1, 2, [1, 2]]);
    map.delete(visit);
    expect([map.get(visit), map.get(patient), map.size]).toEqual([undefined, 2, 1]);
  });

  it('keeps the last value of a record, and none once it is cleared', () => {
    const map = new RecordMap<number>();
    map.set(visit, 1);
    map.set(visit, 3);
    expect([map.get(visit), map.size]).toEqual([3, 1]);
    map.clear();
    expect([map.has(visit), map.size]).toEqual([false, 0]);
  });
});
