import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Argon2CostSchema } from '#access/argon2.ts';
import { deriveInThread } from '#access/argon2-thread.ts';
import { openCredentialSlots } from '#access/credential-slots.ts';
import { derive, unwrap } from '#access/key-wrapping.ts';
import { passphraseBytes } from '#access/passphrase.ts';
import { Secret } from '#access/secret.ts';
import { doorKey } from '#access/slot-door.ts';
import { slotFileName } from '#access/slot-file.ts';
import { seedKey } from '#access/slot-opening.ts';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { Result } from '#contracts/result.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { systemClock, systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { facilityA, facilityRecord } from '../center/test-records.ts';
import { type Scan, scanForPlainText } from '../plain-text/scan.ts';
import { createVirtualKey } from '../virtual-key/authenticator.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import { plugIn } from '../virtual-key/plugged-key.ts';
import { KeyedNewsSchema, type KeyedOrder } from './keyed-messages.ts';
import { countInMemory, type MemoryCount } from './process-memory.ts';
import { eventually } from './test-screen.ts';
import {
  type ConnectedScreen,
  startWorkstationProcess,
  type WorkstationProcess,
} from './workstation-process.ts';

// ACC-12, ACC-50: the release workstation in a process of its own; its key is played from here, so that nothing of the key is in there.
const passphrase = 'tog olma 7 daryo';
const pin = 'Zarafshon-72615';
const administrator = { family: 'Karimova', given: 'Dilnoza' };
/** Nothing of it is in any program or reference data. */
const patient = {
  family: 'Zulfiqorbekova',
  pinfl: '41203857064219',
  note: 'tunda qattiq yotalgan, balgʻam bilan',
};
const typed = { passphrase, pin, ...patient };

let folder: string;
let center: RunningCenter;
let workstation: WorkstationProcess;
let screen: ConnectedScreen;
let person: PersonId;
/** Raw bytes of what opens the records and signs, and of what leads to it with the list of slots. */
let secrets: ReadonlyMap<string, Buffer>;
let whileOpen: Look;
let afterLock: Look;
/** After each lock that followed its unlock at once. */
const afterIdleLocks: (MemoryCount | null)[] = [];
const idleLocks = 4;
/** Files of the data folder while the records were open, their log included. */
let openFiles: Scan;

/** What is in the process at one moment. */
interface Look {
  /** All strings that its JavaScript can still reach. */
  readonly strings: string;
  /** Null where the system does not let one process read another. */
  readonly memory: MemoryCount | null;
}

const data = () => join(folder, 'desk');
const records = () => join(layoutOf(data()).current, 'records.sqlite');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'after-lock-'));
  // PostgreSQL runs under an account of its own.
  await chmod(folder, 0o755);
  center = await startCenter({ dataFolder: join(folder, 'center'), log: () => undefined });
  await center.createFacility(facilityRecord(facilityA));
  workstation = await startWorkstationProcess(data(), new URL('keyed-process.ts', import.meta.url));
  playKey(workstation.child);
  screen = await workstation.connect();
  await enrol();
  await lock();
  secrets = await readSecrets();
  // A slip of the finger: what was typed is almost the passphrase.
  const slip = { method: 'passphrase', person, passphrase: `${passphrase}x` } as const;
  expect((await screen.request('session.unlock', slip)).ok).toBe(false);
  taken(await screen.request('session.unlock', { method: 'passphrase', person, passphrase }));
  await lock();
  taken(await screen.request('session.unlock', { method: 'fido2', person, pin }));
  await work();
  whileOpen = await look('open');
  openFiles = await scanFiles();
  await lock();
  afterLock = await look('locked');
  // Nothing that is done between unlocking and locking overwrites by chance what the database left.
  for (let again = 0; again < idleLocks; again += 1) {
    taken(await screen.request('session.unlock', { method: 'fido2', person, pin }));
    await lock();
    afterIdleLocks.push(await readMemory());
  }
});
afterAll(async () => {
  await workstation?.kill();
  await center?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('after lock', () => {
  test('the search finds in an open workstation what it looks for', () => {
    for (const text of Object.values(patient)) expect(whileOpen.strings).toContain(text);
    if (whileOpen.memory === null) return;
    expect(whileOpen.memory.bytes).toBeGreaterThan(50 * 1024 * 1024);
    expect(whileOpen.memory.countByNeedle.get(`${ofKeys}data key in raw bytes`)).toBeGreaterThan(0);
    expect(whileOpen.memory.countByNeedle.get(`${ofKeys}person seed in raw bytes`)).toBeGreaterThan(0);
    expect(whileOpen.memory.countByNeedle.get(`${ofKeys}signing key in raw bytes`)).toBeGreaterThan(0);
    expect(whileOpen.memory.countByNeedle.get('note')).toBeGreaterThan(0);
  });

  test('no string of the heap has a key, a passphrase, a PIN or anything of a patient', () => {
    const found = [...secrets].flatMap(([name, bytes]) =>
      [...textsOf(bytes)]
        .filter(([, text]) => afterLock.strings.includes(text))
        .map(([form]) => `${name} in ${form}`),
    );
    found.push(
      ...Object.entries(typed).flatMap(([name, text]) => (afterLock.strings.includes(text) ? [name] : [])),
    );
    expect(found).toEqual([]);
  });

  test('no file and no line of the log has any of it, neither while open nor after', async () => {
    const closedFiles = await scanFiles();
    for (const { files } of [openFiles, closedFiles]) {
      expect(files).toContain(join('workstation', 'records.sqlite'));
      expect(files).toContain(join('workstation', slotFileName));
      expect(files).toContain(join('workstation', 'attempts.json'));
    }
    expect(openFiles.files).toContain(join('workstation', 'records.sqlite-wal'));
    for (const { found } of [openFiles, closedFiles]) {
      expect(found.map(({ file, encoding }) => `${file}: ${encoding}`)).toEqual([]);
    }
    for (const file of closedFiles.files) {
      const content = await readFile(join(data(), file));
      for (const [name, bytes] of secrets) expect(content.includes(bytes), `${name} in ${file}`).toBe(false);
    }
    const log = workstation.log.join('');
    for (const text of searchedTexts()) expect(log).not.toContain(text);
  });

  test('no writable memory of the process has a key', ({ skip }) => {
    const { memory } = afterLock;
    if (memory === null) return skip('this system does not let one process read another');
    expect(keysIn(memory)).toEqual([]);
    expect(afterIdleLocks.map(keysIn)).toEqual(Array(idleLocks).fill([]));
  });
});

const searchedTexts = (): readonly string[] => [
  ...[...secrets.values()].flatMap((bytes) => [...textsOf(bytes).values()]),
  ...Object.values(typed),
];

const scanFiles = (): Promise<Scan> => scanForPlainText(data(), searchedTexts());

/** A key with a PIN in this process, whose owner touches it at once. */
function playKey(child: ChildProcess): void {
  const finger = 'right index';
  const memory = newKeyMemory(systemRandom.bytes(32), { pin, fingers: [finger] });
  const pipe = plugIn(
    createVirtualKey({ random: systemRandom, timers: systemTimers, memory, touch: async () => ({ finger }) }),
  );
  pipe.onReport((report) => tell(child, { type: 'report', bytes: Buffer.from(report).toString('base64') }));
  child.on('message', (message) => {
    const news = v.safeParse(KeyedNewsSchema, message);
    if (news.success && news.output.type === 'report') {
      void pipe.write(Uint8Array.from(Buffer.from(news.output.bytes, 'base64')));
    }
  });
}

const tell = (child: ChildProcess, order: KeyedOrder): void => void child.send(order);

/** Resolves once the workstation says that it has done `order`. */
function done(order: KeyedOrder, type: 'plugged-in' | 'snapshot-written'): Promise<void> {
  const { child } = workstation;
  return new Promise((resolve) => {
    const hear = (message: unknown): void => {
      const news = v.safeParse(KeyedNewsSchema, message);
      if (!news.success || news.output.type !== type) return;
      child.off('message', hear);
      resolve();
    };
    child.on('message', hear);
    tell(child, order);
  });
}

async function enrol(): Promise<void> {
  await done({ type: 'plug-in' }, 'plugged-in');
  const { code } = await center.createEnrolmentCode(facilityA);
  const order = { center: center.url, code, label: 'Room 1', administrator, passphrase };
  ({ person } = taken(await screen.request('workstation.enrol', order)));
  const proof = { method: 'passphrase', passphrase } as const;
  taken(await screen.request('keys.enrol', { person, label: 'Key', method: 'fido2', pin, proof }));
}

/** Registers a patient, writes a visit, reads the record. Its view stays open. */
async function work(): Promise<void> {
  const { id } = taken(
    await screen.request('patients.register', {
      name: { family: patient.family, given: 'Oysuluv' },
      sex: 'female',
      birth: { date: '1985-03-12' },
      pinfl: patient.pinfl,
      hasConsent: true,
      allergyStatus: 'none-known',
    }),
  );
  const visit = taken(
    await screen.request('visits.start', {
      patientId: id,
      reason: 'yotal',
      urgency: 'routine',
      state: 'arrived',
    }),
  );
  const entries = [{ kind: 'note', text: patient.note } as const];
  taken(await screen.request('visits.record', { id: visit.id, entries, state: 'in-progress' }));
  const found = taken(await screen.request('patients.search', { text: patient.family, limit: 10 }));
  expect(found.patients).toHaveLength(1);
  const record = screen.open('patients.record', { id });
  await record.until((shown) => shown !== null);
  await screen.open('queue.day', {}).until(({ rows }) => rows.length === 1);
}

/** Locks, and waits until the records are closed: their log is gone then. */
async function lock(): Promise<void> {
  taken(await screen.request('session.lock', {}));
  await eventually(() => (existsSync(`${records()}-wal`) ? undefined : true), 'closed records', 15_000);
}

/** What the slots give for the passphrase, found out here, on a copy. */
async function readSecrets(): Promise<ReadonlyMap<string, Buffer>> {
  const copy = join(folder, 'slots');
  await mkdir(copy);
  await cp(join(layoutOf(data()).current, slotFileName), join(copy, slotFileName));
  const slots = taken(
    await openCredentialSlots({
      folder: copy,
      clock: systemClock,
      random: systemRandom,
      derivePassphraseKey: deriveInThread,
    }),
  );
  if (slots === null) throw new Error('no slots');
  const { dataKey, personKeys } = taken(await slots.unlock(person, { method: 'passphrase', passphrase }));
  if (personKeys === null) throw new Error('no person keys');
  const wrapping = systemRandom.bytes(32);
  const seed = unwrap(personKeys.wrapUnder(wrapping, 'test', systemRandom), wrapping, 'test');
  if (seed === undefined) throw new Error('no seed');
  const slotSecret = await passphraseSlotSecret(join(copy, slotFileName));
  return new Map([
    ['data key', Buffer.from(dataKey.reveal())],
    ['person seed', Buffer.from(seed.reveal())],
    ['signing key', Buffer.from(derive(seed, 'hamshira signing key v2').reveal())],
    ['slot secret', Buffer.from(slotSecret.reveal())],
    ['door of the slot', Buffer.from(doorKey(slotSecret).reveal())],
    ['key of the seed', Buffer.from(seedKey(slotSecret).reveal())],
  ]);
}

const SlotsSchema = v.object({
  slots: v.array(
    v.variant('method', [
      v.object({ method: v.literal('passphrase'), salt: v.string(), cost: Argon2CostSchema }),
      v.object({ method: v.literal('fido2') }),
    ]),
  ),
});

async function passphraseSlotSecret(file: string): Promise<Secret> {
  const { slots } = v.parse(SlotsSchema, JSON.parse(await readFile(file, 'utf8')));
  const slot = slots.find(({ method }) => method === 'passphrase');
  if (slot?.method !== 'passphrase') throw new Error('no slot with a passphrase');
  const bytes = passphraseBytes(passphrase);
  return new Secret(await deriveInThread(bytes, Buffer.from(slot.salt, 'base64'), slot.cost));
}

const SnapshotSchema = v.object({ strings: v.array(v.string()) });

async function look(name: string): Promise<Look> {
  // Before the snapshot, which collects garbage of its own accord.
  const memory = await readMemory();
  const file = join(folder, `${name}.heapsnapshot`);
  await done({ type: 'snapshot', file }, 'snapshot-written');
  const { strings } = v.parse(SnapshotSchema, JSON.parse(await readFile(file, 'utf8')));
  return { strings: strings.join('\n'), memory };
}

function readMemory(): Promise<MemoryCount | null> {
  const { pid } = workstation.child;
  if (pid === undefined) throw new Error('it does not run');
  return countInMemory(pid, needles()).catch(() => null);
}

/** What was typed may stay behind in memory that was given back (ACC-50); keys do not. */
const ofKeys = 'key: ';

const keysIn = (memory: MemoryCount | null): readonly (readonly [string, number])[] =>
  [...(memory?.countByNeedle ?? [])].filter(([name, count]) => name.startsWith(ofKeys) && count > 0);

function needles(): ReadonlyMap<string, Buffer> {
  const keys = [...secrets].flatMap(([name, bytes]) =>
    [...textsOf(bytes)].map(
      ([form, text]) => [`${ofKeys}${name} in ${form}`, Buffer.from(text, 'latin1')] as const,
    ),
  );
  const texts = Object.entries(typed).map(([name, text]) => [name, Buffer.from(text)] as const);
  return new Map([...keys, ...texts]);
}

/** How a program may have written bytes as text. */
const textsOf = (bytes: Buffer): ReadonlyMap<string, string> =>
  new Map([
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['base64', bytes.toString('base64').replaceAll('=', '')],
    ['base64url', bytes.toString('base64url')],
    ['raw bytes', bytes.toString('latin1')],
  ]);

function taken<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
