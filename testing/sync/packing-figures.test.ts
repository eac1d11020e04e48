import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DeviceIdSchema } from '#contracts/ids.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';
import { patientEdits, savedVisits } from '../bench/load/documents.ts';
import { createRowMaker } from '../bench/load/offered-rows.ts';
import { facilityA } from '../center/test-records.ts';
import { generateDistrict } from '../district/generate-district.ts';

/** Fewer documents than the benchmarks have, so room beside their limits. */
const documents = 1200;
const mostBytesPerDocument = 70;
const mostBytesPerVisit = 300;
const device = v.parse(DeviceIdSchema, '0199b000-0000-7000-8000-000000000001');
const dictionary = readBuiltInDictionaries()[0]?.bytes ?? null;
const pair = () => [createPacker('zstd', dictionary), createPacker('deflate', dictionary)] as const;

function sentBytes(from: Packer, to: Packer, message: unknown): number {
  const text = JSON.stringify(message);
  const bytes = from.pack(text);
  expect(to.unpack(bytes)).toBe(text);
  return bytes.length;
}

describe('the bytes of a link (PCK-4)', () => {
  it('streams visits in few of them', { timeout: 60_000 }, () => {
    const today = '2026-11-22' as Parameters<typeof generateDistrict>[0]['today'];
    const visits = [...generateDistrict({ seed: 3, patients: 900, facilities: 1, years: 1, today })]
      .filter(({ collection, record }) => collection === 'visits' && JSON.stringify(record).length > 900)
      .sort((left, right) => left.record.capturedAt - right.record.capturedAt)
      .slice(0, documents);
    expect(visits.length).toBe(documents);
    const [center, clinic] = pair();
    let bytes = 0;
    for (let from = 0; from < documents; from += 40) {
      const portion = visits
        .slice(from, from + 40)
        .map((each, index) => ({ seq: from + index, collection: each.collection, record: each.record }));
      bytes += sentBytes(center, clinic, { type: 'portion', flow: 1, since: from, documents: portion });
    }
    expect(bytes / documents).toBeLessThan(mostBytesPerDocument);
  });

  it('says a warm visit of four documents in few of them, both ways together', () => {
    const [clinic, center] = pair();
    const maker = createRowMaker(facilityA, device);
    const patients = patientEdits(20, 84);
    const offer = (edits: Parameters<typeof maker.row>[0][], batch: number): number =>
      sentBytes(clinic, center, { type: 'offer', batch, rows: edits.map((edit) => maker.row(edit)) }) +
      sentBytes(center, clinic, {
        type: 'outcomes',
        batch,
        at: 1_795_000_000_000 + batch * 977,
        outcomes: edits.map((_edit, index) => batch * 4 + index),
      });
    offer([...patients], 0);
    const sizes = savedVisits(patients, 85, 1_795_000_000_000).map((visit, index) =>
      offer([...visit], index + 1),
    );
    const warm = sizes.slice(5);
    expect(warm.length).toBeGreaterThan(10);
    expect(warm.reduce((sum, each) => sum + each, 0) / warm.length).toBeLessThan(mostBytesPerVisit);
  });
});
