import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { afterEach, expect, it, vi } from 'vitest';
import { startCenter } from '#center/start-center.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { clock, createDeskClient, type Desk, enrolWithCode, saveAt } from '../sync/center-with-desks.ts';
import { randomPatient, randomRecordId } from '../sync/random-bodies.ts';
import { type CenterProcess, runCenter, serveCenter } from './center-process.ts';
import { newDataFolder } from './center-world.ts';
import { facilityA, facilityRecord } from './test-records.ts';

/*
 * docs/runbooks/center-restore.md, command by command, with a center that is lost and workstations that were at work since its backup.
 */

/** Owners and modes stay: PostgreSQL refuses files of somebody else. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

const random = new SeededRandom(808);
/** Ten minutes are six seconds here, and the one until an unfinished comparison begins anew is one second. */
const limits = { compareAfterRestoreMs: 6_000, compareAgainMs: 1_000 };
const folders: string[] = [];
const desks: Desk[] = [];
let center: CenterProcess | undefined;
let port = '0';

afterEach(async () => {
  for (const { client } of desks) await client.stop();
  await center?.killEverything().catch(() => undefined);
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const folderOf = async () => {
  const folder = await newDataFolder();
  folders.push(folder);
  return folder;
};

it('FEE-5, EPO-1, DIG-6, TIC-4: what the runbook of a restore says is what happens', {
  timeout: 120_000,
}, async () => {
  const [data, backup] = [await folderOf(), join(await folderOf(), 'backup')];
  const run = (...args: string[]) => runCenter([...args, '--data-folder', data]);
  const serve = async () => {
    center = await serveCenter(data, ['--backup', 'operator', '--port', port]);
    port = new URL(center.url).port;
    return center;
  };
  const enrol = async (): Promise<Desk> => {
    const { output } = await run('enrol', '--facility', facilityA);
    const code = /[0-9A-Z]{5}-[0-9A-Z]{5}/.exec(output)?.[0] ?? '';
    const enrolled = await enrolWithCode(center?.url ?? '', code, random);
    const person = v.parse(PersonIdSchema, uuidV7(clock.now(), random));
    const client = createDeskClient(enrolled, random, { limits });
    const desk = { ...enrolled, scope: facilityA, person, random, client };
    desks.push(desk);
    client.start();
    return desk;
  };
  const register = async (desk: Desk) => {
    const id = randomRecordId(random);
    await saveAt(desk, 'patients', id, randomPatient(random));
    desk.client.syncNow();
    return id;
  };
  const putBack = async () => {
    await rm(data, { recursive: true, force: true });
    await copy(backup, data);
  };
  const until = (isReached: () => boolean) => vi.waitUntil(isReached, { timeout: 40_000, interval: 50 });
  const isUnderWay = ({ replica }: Desk) => replica.outbox.counts().pending > 0;

  const first = await startCenter({ dataFolder: data, log: () => undefined });
  await first.createFacility(facilityRecord(facilityA));
  await first.close();
  await serve();
  const [nurse, doctor] = [await enrol(), await enrol()];
  const before = await register(nurse);
  await until(() => doctor.replica.get('patients', before) !== undefined);

  // The backup: mark, stop, copy, start, confirm.
  expect(await run('durable', 'mark')).toEqual({
    code: 0,
    output: 'Noted where 1 facilities stand. Take the backup now.\n',
  });
  expect(await center?.stop()).toBe(0);
  await copy(data, backup);
  await serve();
  expect(await run('durable', 'confirm')).toEqual({
    code: 0,
    output: '1 facilities are safe up to their mark.\n',
  });

  // Work since: of a workstation that stays, of one that breaks, of one that is enrolled now.
  const late = await enrol();
  const [kept, doctors, lates] = [await register(nurse), await register(doctor), await register(late)];
  await until(() => [kept, doctors, lates].every((id) => nurse.replica.get('patients', id) !== undefined));
  await until(() => !desks.some(isUnderWay));
  await doctor.client.stop();
  expect((await run('revoke', '--device', doctor.identity.device)).code).toBe(0);

  // The disk is lost.
  await center?.killEverything();
  await putBack();
  // Whoever is served before the new epoch shows a newer ticket than the backup knows, and stays marked (TIC-3).
  await serve();
  await until(() => nurse.client.state().refusal === 'sync.device-cloned');
  expect(await center?.stop()).toBe(0);
  await nurse.client.stop();
  expect((await run('new-epoch')).code).toBe(0);
  expect((await run('status')).output).toContain(`${nurse.identity.device} cloned; `);

  // So it is put back once more, and gets its epoch first.
  await putBack();
  const restored = await run('new-epoch');
  expect(restored.output).toMatch(/^The epoch is now [-0-9a-f]{36}; workstations offer again/);
  expect(await run('verify-digests')).toMatchObject({ code: 0 });
  expect((await run('status')).output.match(/ enrolled; /g)).toHaveLength(2);
  expect((await run('revoke', '--device', doctor.identity.device)).code).toBe(0);
  await serve();
  nurse.client = createDeskClient(nurse, random, { limits });
  nurse.client.start();

  // What others had written comes from whoever holds it, and is counted; whoever is unknown or revoked is refused.
  const healedIn = (output: string) => output.split('\n').filter((line) => line.endsWith('; healed 2'));
  await vi.waitUntil(async () => healedIn((await run('status')).output).length === 1, { timeout: 40_000 });
  expect(healedIn((await run('status')).output)[0]).toContain(nurse.identity.device);
  doctor.client = createDeskClient(doctor, random);
  doctor.client.start();
  await until(() => doctor.client.state().refusal === 'sync.device-revoked');
  await late.client.stop();
  late.client = createDeskClient(late, random);
  late.client.start();
  await until(() => late.client.state().refusal === 'sync.device-unknown');
  const fresh = await enrol();
  const all = [before, kept, doctors, lates];
  await until(() => all.every((id) => fresh.replica.get('patients', id) !== undefined));
});
