import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { chainHash, chainStart, namelessStart } from '#store/replica/audit-chain.ts';
import { type Finding, readHeads, verifyTrail } from './verify-trail.ts';

const uuid = (number: number) => `01930000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
const device = v.parse(DeviceIdSchema, uuid(1));
const other = v.parse(DeviceIdSchema, uuid(2));

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const entryOf = (seq: number, dice: (below: number) => number): AuditEntry => ({
  seq,
  at: 1_795_000_000_000 + seq * 1000,
  person: dice(4) === 0 ? null : v.parse(PersonIdSchema, uuid(100 + dice(5))),
  action: ['view', 'visits.record', 'session.lock'][dice(3)] ?? 'view',
  collection: dice(2) === 0 ? null : 'patients',
  record: dice(2) === 0 ? null : v.parse(RecordIdSchema, uuid(1_000 + dice(50))),
  reason: dice(3) === 0 ? 'hushsiz keltirildi' : null,
  patient: dice(2) === 0 ? null : v.parse(RecordIdSchema, uuid(2_000 + dice(50))),
});

/** A trail of `count` entries as lines; `start` is the device's own unless told otherwise. */
function trailOf(
  count: number,
  { seed = 1, of = device, start = chainStart(of), change = (e: AuditEntry) => e } = {},
) {
  const dice = seeded(seed);
  let hash = start;
  const hashes: string[] = [];
  const lines = Array.from({ length: count }, (_, index) => {
    const entry = change(entryOf(index + 1, dice));
    hash = chainHash(hash, entry);
    hashes.push(hash);
    return JSON.stringify({ ...entry, hash });
  });
  const heading = { trail: 'hamshira audit trail 1', device: of, scope: 'AND000001', start, exportedAt: 5 };
  return {
    heading: JSON.stringify(heading),
    lines,
    hashes,
    ending: JSON.stringify({ entries: count, hash }),
  };
}

/** The text in pieces of a few bytes, as a disk gives them at worst. */
async function* pieces(text: string, size = 700): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const textOf = (lines: readonly string[]) => `${lines.join('\n')}\n`;
const verify = (lines: readonly string[], heads?: Awaited<ReturnType<typeof readHeads>>) =>
  verifyTrail(pieces(textOf(lines)), heads);
const headsOf = (heads: readonly object[], of: string = device) =>
  readHeads(
    pieces(textOf(heads.map((head) => JSON.stringify({ device: of, ...head, at: 1, finding: null })))),
  );

async function firstOf(lines: readonly string[]): Promise<Finding | undefined> {
  return (await verify(lines)).findings[0];
}

describe('EXP-2: a trail', () => {
  it('that was not touched is whole, in pieces of any size', async () => {
    const { heading, lines, ending } = trailOf(50);
    for (const size of [1, 7, 100_000]) {
      const verdict = await verifyTrail(pieces(textOf([heading, ...lines, ending]), size));
      expect(verdict).toEqual({ device, entries: 50, findings: [], heads: 0 });
    }
  });

  it('with any character of any entry changed is found, at that entry', async () => {
    const { heading, lines, ending } = trailOf(12);
    for (const [index, line] of lines.entries()) {
      for (let at = 0; at < line.length; at += 1) {
        const character = line[at] === '1' ? '2' : '1';
        const changed = `${line.slice(0, at)}${character}${line.slice(at + 1)}`;
        const mutated = lines.with(index, changed);
        const first = await firstOf([heading, ...mutated, ending]);
        const place = first !== undefined && 'seq' in first ? first.seq : undefined;
        expect(place, `entry ${index + 1}, character ${at}: ${changed}`).toBe(index + 1);
      }
    }
  });

  it('with any field of any entry put to another value is found, at that entry', async () => {
    const { heading, lines, ending } = trailOf(20);
    const values: Record<string, readonly unknown[]> = {
      at: [0, 1_795_000_000_001],
      person: [null, uuid(500)],
      action: ['view', 'x', ''],
      collection: [null, 'visits'],
      record: [null, uuid(501)],
      reason: [null, 'x', ''],
      patient: [null, uuid(502)],
      hash: ['0'.repeat(64)],
    };
    for (const [index, line] of lines.entries()) {
      for (const [field, candidates] of Object.entries(values)) {
        for (const value of candidates) {
          const entry = JSON.parse(line);
          if (entry[field] === value) continue;
          const mutated = lines.with(index, JSON.stringify({ ...entry, [field]: value }));
          expect(await firstOf([heading, ...mutated, ending]), `${field} of ${index + 1}`).toMatchObject({
            kind: 'changed',
            seq: index + 1,
          });
        }
      }
    }
  });

  it('with entries removed, also from the end, says which', async () => {
    const { heading, lines, ending } = trailOf(30);
    for (let from = 0; from < 30; from += 1) {
      for (const count of [1, 3]) {
        const left = lines.toSpliced(from, count);
        const through = Math.min(30, from + count);
        const { findings } = await verify([heading, ...left, ending]);
        if (through < 30) expect(findings).toEqual([{ kind: 'missing', seq: from + 1, through }]);
        else expect(findings).toEqual([{ kind: 'ending' }]);
      }
    }
    expect((await verify([heading, ...lines])).findings).toEqual([{ kind: 'ending' }]);
    expect((await verify([heading])).findings).toEqual([{ kind: 'ending' }]);
    expect((await verify([])).findings).not.toEqual([]);
  });

  it('with entries removed and the rest numbered anew is found where they were', async () => {
    const { heading, lines } = trailOf(30);
    const left = lines
      .toSpliced(9, 2)
      .map((line, index) => JSON.stringify({ ...JSON.parse(line), seq: index + 1 }));
    expect(await firstOf([heading, ...left])).toMatchObject({ kind: 'changed', seq: 10 });
  });

  it('with an entry inserted, repeated or moved is found there', async () => {
    const { heading, lines, ending } = trailOf(30);
    const foreign = trailOf(30, { seed: 2, of: other }).lines;
    for (const place of [0, 4, 29]) {
      const inserted = lines.toSpliced(place, 0, foreign[place] ?? '');
      expect(await firstOf([heading, ...inserted, ending])).toMatchObject({ seq: place + 1 });
      const repeated = lines.toSpliced(place + 1, 0, lines[place] ?? '');
      expect(await firstOf([heading, ...repeated, ending])).toMatchObject({
        kind: 'changed',
        seq: place + 2,
      });
    }
    for (const [from, to] of [
      [3, 4],
      [3, 20],
      [20, 3],
    ] as const) {
      const moved = lines.toSpliced(from, 1).toSpliced(to, 0, lines[from] ?? '');
      expect(await firstOf([heading, ...moved, ending])).toMatchObject({ seq: Math.min(from, to) + 1 });
    }
  });

  it('random mutations of the file are never taken for whole', async () => {
    const dice = seeded(7);
    const { heading, lines, ending } = trailOf(8);
    const whole = Buffer.from(textOf([heading, ...lines, ending]));
    for (let round = 0; round < 3_000; round += 1) {
      const at = dice(whole.length);
      const kind = dice(3);
      const mutated =
        kind === 0
          ? Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1 + dice(400))])
          : kind === 1
            ? Buffer.concat([whole.subarray(0, at), Buffer.from([dice(256)]), whole.subarray(at)])
            : Buffer.from(whole.map((byte, index) => (index === at ? byte ^ (1 << dice(8)) : byte)));
      const isHeading = mutated.subarray(0, heading.length).toString() !== heading;
      const isWithoutLastLineFeed = mutated.equals(whole.subarray(0, whole.length - 1));
      const { findings } = await verifyTrail(pieces(mutated.toString('latin1')));
      if (isHeading || isWithoutLastLineFeed) continue;
      expect(findings, `round ${round}`).not.toEqual([]);
    }
  });

  it('of another device does not pass for this one, whatever the heading says', async () => {
    const mine = trailOf(5);
    const theirs = trailOf(5, { of: other });
    expect(await firstOf([mine.heading, ...theirs.lines, theirs.ending])).toMatchObject({
      kind: 'changed',
      seq: 1,
    });
    const heading = JSON.stringify({ ...JSON.parse(theirs.heading), device });
    expect((await verify([heading, ...theirs.lines, theirs.ending])).findings).toEqual([
      { kind: 'other-device' },
    ]);
    const heads = await headsOf([{ seq: 5, hash: mine.hashes[4] }]);
    const { findings } = await verify([theirs.heading, ...theirs.lines, theirs.ending], heads);
    expect(findings.map(({ kind }) => kind)).toContain('other-device');
  });

  it('that began before trails named their device passes when an entry names it', async () => {
    const named = (entry: AuditEntry): AuditEntry =>
      entry.seq === 3 ? { ...entry, action: 'trail.begin', reason: device } : entry;
    const good = trailOf(5, { start: namelessStart, change: named });
    expect((await verify([good.heading, ...good.lines, good.ending])).findings).toEqual([]);
    const bad = trailOf(5, { start: namelessStart });
    expect((await verify([bad.heading, ...bad.lines, bad.ending])).findings).toEqual([
      { kind: 'other-device' },
    ]);
  });
});

describe('EXP-3: with the heads of the center', () => {
  const whole = trailOf(40);
  const file = (trail: typeof whole) => [trail.heading, ...trail.lines, trail.ending];
  const heads = () => headsOf([10, 20, 40].map((seq) => ({ seq, hash: whole.hashes[seq - 1] })));

  it('a whole trail is whole, and may be longer than the newest head', async () => {
    expect(await verify(file(whole), await heads())).toMatchObject({ findings: [], heads: 3 });
    const early = await headsOf([{ seq: 10, hash: whole.hashes[9] }]);
    expect((await verify(file(whole), early)).findings).toEqual([]);
  });

  it('a trail that was cut off and ended anew lacks what the center was told', async () => {
    const cut = trailOf(33);
    expect((await verify(file(cut))).findings).toEqual([]);
    expect((await verify(file(cut), await heads())).findings).toEqual([
      { kind: 'missing', seq: 34, through: 40 },
    ]);
  });

  it('a trail that was written anew from some entry on is found between two heads', async () => {
    const change = (entry: AuditEntry): AuditEntry =>
      entry.seq === 15 ? { ...entry, person: null, at: 1 } : entry;
    const anew = trailOf(40, { change });
    expect((await verify(file(anew))).findings).toEqual([]);
    expect((await verify(file(anew), await heads())).findings).toEqual([
      { kind: 'center', seq: 20, holdsThrough: 10 },
      { kind: 'center', seq: 40, holdsThrough: 10 },
    ]);
  });

  it('heads that were findings are not of the trail; what is no head is refused', async () => {
    const forked = { device, seq: 30, hash: 'f'.repeat(64), at: 1, finding: 'rolled-back' };
    const read = await readHeads(pieces(textOf(['> npm', '', JSON.stringify(forked)])));
    expect(read.heads.size).toBe(0);
    await expect(readHeads(pieces('{"seq":1}\n'))).rejects.toThrow('line 1');
    const two = [device, other].map((of) =>
      JSON.stringify({ device: of, seq: 1, hash: 'f'.repeat(64), at: 1, finding: null }),
    );
    await expect(readHeads(pieces(textOf(two)))).rejects.toThrow('line 2');
  });
});

it('EXP-2: a line without end does not fill the memory', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${trailOf(1).heading}\n`);
    const spaces = Buffer.alloc(100_000, 0x20);
    for (let count = 0; count < 3_000; count += 1) yield spaces;
  }
  const before = process.memoryUsage().arrayBuffers;
  const { findings } = await verifyTrail(endless());
  expect(findings[0]).toMatchObject({ kind: 'unreadable', seq: 1, line: 2 });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});
