import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { chainHash, chainStart } from '#store/replica/audit-chain.ts';

// docs/specs/audit.md EXP-2, EXP-3: what `npm run audit -- verify` answers to somebody who was handed an export.

const uuid = (number: number) => `01930000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
const device = v.parse(DeviceIdSchema, uuid(1));
const other = v.parse(DeviceIdSchema, uuid(2));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-command-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const entryOf = (seq: number, action = 'view'): AuditEntry => ({
  seq,
  at: 1_795_000_000_000 + seq * 1_000,
  person: v.parse(PersonIdSchema, uuid(100 + (seq % 5))),
  action,
  collection: 'patients',
  record: v.parse(RecordIdSchema, uuid(1_000 + (seq % 50))),
  reason: null,
  patient: null,
});

/** A trail as the export writes it. `change` makes another one from some entry on, consistent in itself. */
function trailOf(count: number, of = device, change = (entry: AuditEntry) => entry) {
  let hash = chainStart(of);
  const hashes: string[] = [];
  const lines = Array.from({ length: count }, (_, index) => {
    const entry = change(entryOf(index + 1));
    hash = chainHash(hash, entry);
    hashes.push(hash);
    return JSON.stringify({ ...entry, hash });
  });
  const heading = {
    trail: 'hamshira audit trail 1',
    device: of,
    scope: 'AND000001',
    start: chainStart(of),
    exportedAt: 5,
  };
  return {
    heading: JSON.stringify(heading),
    lines,
    hashes,
    ending: JSON.stringify({ entries: count, hash }),
  };
}

async function verify(...args: string[]) {
  const script = fileURLToPath(new URL('../../scripts/audit.ts', import.meta.url));
  const child = spawn(process.execPath, ['--max-old-space-size=64', script, 'verify', ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, said };
}

async function fileOf(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

const whole = trailOf(40);
const file = (lines: readonly string[], { heading, ending } = whole) => [heading, ...lines, ending];
const headsOf = (seqs: readonly number[]) =>
  seqs.map((seq) => JSON.stringify({ device, seq, hash: whole.hashes[seq - 1], at: 1, finding: null }));

describe('npm run audit -- verify', () => {
  test('says that a whole trail is whole', async () => {
    const { code, said } = await verify(await fileOf('whole', file(whole.lines)));
    expect(said).toContain('40');
    expect(code).toBe(0);
  });

  const foreign = trailOf(40, other).lines;
  const damages: readonly (readonly [what: string, lines: readonly string[], place: RegExp])[] = [
    ['removed', file(whole.lines.toSpliced(11, 2)), /\b12\b.*\b13\b/],
    ['reordered', file(whole.lines.with(6, whole.lines[7] ?? '').with(7, whole.lines[6] ?? '')), /\b7\b/],
    ['changed', file(whole.lines.with(20, (whole.lines[20] ?? '').replace('view', 'vieW'))), /\b21\b/],
    ['cut off', [whole.heading, ...whole.lines.slice(0, 33)], /\b33\b/],
    ['inserted from another device', file(whole.lines.toSpliced(9, 0, foreign[9] ?? '')), /\b10\b/],
    ['of another device throughout', file(foreign), /\b1\b/],
  ];
  test.each(damages)('finds entries %s, and says where', async (what, lines, place) => {
    const { code, said } = await verify(await fileOf(what.replaceAll(' ', '-'), lines));
    expect(code).toBe(1);
    expect(said).toMatch(place);
  });

  test('finds an older disk that was put back, and one that went on from there, by the heads of the center', async () => {
    const heads = await fileOf('heads', headsOf([10, 20, 40]));
    const older = trailOf(33);
    const path = await fileOf('older', file(older.lines, older));
    expect((await verify(path)).code).toBe(0);
    const lacking = await verify(path, '--heads', heads);
    expect(lacking).toMatchObject({ code: 1, said: expect.stringMatching(/\b34\b.*\b40\b/) });
    const anew = trailOf(45, device, (entry) =>
      entry.seq > 33 ? { ...entry, action: 'visits.record' } : entry,
    );
    const wentOn = await verify(await fileOf('went-on', file(anew.lines, anew)), '--heads', heads);
    expect(wentOn).toMatchObject({ code: 1, said: expect.stringMatching(/entry 40 .* from entry 21 on/) });
  });

  test('reads 100,000 entries in bounded memory', async () => {
    const path = join(folder, 'long');
    const stream = createWriteStream(path);
    const { heading, lines, ending } = trailOf(100_000);
    for (const line of file(lines, { ...whole, heading, ending })) stream.write(`${line}\n`);
    await new Promise((resolve) => stream.end(() => resolve(undefined)));
    const begun = performance.now();
    const { code, said } = await verify(path);
    expect(said).toContain('100000');
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(30_000);
    const changed = lines.with(77_776, (lines[77_776] ?? '').replace('view', 'vieW'));
    const damaged = await verify(await fileOf('long-changed', file(changed, { ...whole, heading, ending })));
    expect(damaged).toMatchObject({ code: 1, said: expect.stringContaining('77777') });
  });
});
