import { execFileSync } from 'node:child_process';
import { appendFile, cp, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { PersonId } from '#contracts/ids.ts';
import { ok, type Result } from '#contracts/result.ts';
import { atWork, byWords, closeAll, type Desk, failure, nurseWords, phase, unlock } from './access-bench.ts';
import { registration } from './bridge-bench.ts';
import type { RigOptions } from './rig.ts';

// docs/specs/access.md ACC-31: the reason is durable before anything is shown, or nothing is shown.

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await closeAll();
  for (const end of endings.splice(0).reverse()) await end();
});

const reason = 'the head is away';
const ways = ['paper', 'two'] as const;
type Way = (typeof ways)[number];

/** A locked workstation that opens by `way`: asks for it. */
async function glassOf(desk: Desk, way: Way): Promise<() => ReturnType<typeof breakBy>> {
  const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
  if (way === 'two') await desk.screen.request('recovery.set-holders', { people: [desk.head, nurse] });
  const code = way === 'paper' ? await paperKey(desk) : '';
  await desk.rig.workstation.lock();
  return () => breakBy(desk, way, code, nurse);
}

async function paperKey({ screen }: Desk): Promise<string> {
  const made = await screen.request('recovery.make-paper', {});
  const groups = made.ok ? made.value.groups : [];
  const typed = [1, 2].map((group) => ({ group, text: groups[group - 1] ?? '' }));
  expect(await screen.request('recovery.keep-paper', { groups: typed })).toEqual(ok({}));
  return groups.join('-');
}

const breakBy = ({ screen, head }: Desk, way: Way, code: string, nurse: PersonId) =>
  screen.request(
    'session.break-glass',
    way === 'paper'
      ? { method: 'paper', code, name: 'Sattorova Umida', reason }
      : {
          method: 'two',
          first: { person: nurse, proof: byWords(nurseWords) },
          second: { person: head, proof: byWords() },
          reason,
        },
  );

async function linesOf({ screen }: Desk) {
  const view = screen.open('audit.recent', {});
  const { rows } = await view.until(() => true);
  view.close();
  return rows.map(({ action, reason: why }) => ({ action, reason: why }));
}
/** The first answer that is no yes. */
async function eventuallyRefused<Value>(ask: (given: string) => Promise<Result<Value>>) {
  for (let count = 0; count < 1_000; count += 1) {
    const answer = await ask(`${count}`.replaceAll(/\d/g, (digit) => 'abdefghijk'[Number(digit)] ?? ''));
    if (!answer.ok) return answer;
  }
  throw new Error('the disk does not get full');
}

const broken = async (desk: Desk) =>
  (await linesOf(desk)).filter(({ action }) => action === 'session.break-glass');

/** A disk whose next commits can be made to fail, or watched. */
function watchedDisk() {
  const nothing = async (): Promise<void> => undefined;
  const disk = { before: nothing, after: nothing };
  const openReplica: RigOptions['openReplica'] = (real) => async (place) => {
    const replica = await real(place);
    const commit = replica.transact.bind(replica);
    replica.transact = async (write) => {
      await disk.before();
      const written = await commit(write);
      await disk.after();
      return written;
    };
    return replica;
  };
  return { disk, openReplica };
}

/** The workstation on a file system of its own, which can really be full; null where none can be mounted. */
async function atWorkOnSmallDisk() {
  const disk = await mkdtemp(join(tmpdir(), 'small-disk-'));
  endings.push(() => rm(disk, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    return null;
  }
  endings.push(() => void execFileSync('umount', ['-l', disk]));
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = disk;
  try {
    return { disk, desk: await atWork() };
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

describe.each(ways)('breaking glass by %s', (way) => {
  test('on a disk that is really full opens nothing and says so, and opens once there is room', async (context) => {
    const small = await atWorkOnSmallDisk();
    if (small === null) return context.skip('SKIPPED: a small disk cannot be mounted here');
    const { disk, desk } = small;
    const breakGlass = await glassOf(desk, way);
    const ballast = join(disk, 'somebody-elses-file');
    const fill = async () => {
      const { bavail, bsize } = await statfs(disk);
      await appendFile(ballast, Buffer.alloc(bavail * bsize));
    };
    await unlock(desk, desk.head, byWords());
    await fill();
    const register = (given: string) => desk.screen.request('patients.register', registration(given));
    const saved = await eventuallyRefused(register);
    expect(saved).toMatchObject(failure('store.disk-full'));
    // What the store had set aside for such a day is gone as well.
    await fill();
    expect(await breakGlass()).toMatchObject(failure('store.disk-full'));
    expect(desk.rig.workstation.state().session).toMatchObject({
      person: { id: desk.head },
      breakGlass: null,
    });
    await desk.rig.workstation.lock();
    // What closing gave back may be room enough for a line.
    await fill();
    expect(await breakGlass()).toMatchObject(failure('store.disk-full'));
    expect(phase(desk)).toBe('locked');
    expect(desk.rig.workstation.session()).toBeNull();
    expect(desk.rig.exchange.running).toBe(0);
    await rm(ballast);
    expect((await breakGlass()).ok).toBe(true);
    expect(desk.rig.workstation.state().session?.breakGlass).toBe(way);
    expect(await broken(desk)).toHaveLength(1);
  });

  test('over open records that cannot be written keeps whoever is at work, and says why', async () => {
    const { disk, openReplica } = watchedDisk();
    const desk = await atWork({ openReplica });
    const breakGlass = await glassOf(desk, way);
    await unlock(desk, desk.head, byWords());
    disk.before = async () => {
      throw new ReplicaFailure('store.disk-full');
    };
    expect(await breakGlass()).toMatchObject(failure('store.disk-full'));
    expect(desk.rig.workstation.state().session).toMatchObject({
      person: { id: desk.head },
      breakGlass: null,
    });
    disk.before = async () => undefined;
    // Neither the reason nor an exception stays behind; that it was tried does.
    expect(await broken(desk)).toEqual([]);
    const lines = await linesOf(desk);
    expect(lines).toContainEqual({ action: 'session.unlock-failed', reason: 'store.disk-full' });
    expect(lines.filter(({ reason: why }) => why?.includes(reason))).toEqual([]);
    disk.before = async () => {
      throw new Error('a bug');
    };
    expect(await breakGlass()).toMatchObject(failure('internal.failure'));
    expect(desk.rig.workstation.state().session?.breakGlass).toBeNull();
    disk.before = async () => undefined;
    expect((await breakGlass()).ok).toBe(true);
    expect(await broken(desk)).toHaveLength(1);
  });

  test.each(['before', 'after'] as const)(
    'when the power is cut %s the line is durable: nothing was shown, and the line is there or is not',
    async (moment) => {
      const { disk, openReplica } = watchedDisk();
      const desk = await atWork({ openReplica });
      const breakGlass = await glassOf(desk, way);
      const { folder } = desk.rig;
      const copy = await mkdtemp(join(tmpdir(), 'after-the-cut-'));
      endings.push(() => rm(copy, { recursive: true, force: true }));
      const seen: string[] = [];
      disk[moment] = async () => {
        disk[moment] = async () => undefined;
        // What lies on the disk at this moment is what is found when the power is back.
        await cp(folder, copy, { recursive: true });
        seen.push(phase(desk));
      };
      expect((await breakGlass()).ok).toBe(true);
      expect(seen).toEqual(['locked']);
      await desk.rig.workstation.close();
      await rm(folder, { recursive: true });
      await cp(copy, folder, { recursive: true });
      await desk.rig.restart();
      const screen = desk.rig.screen();
      expect(desk.rig.workstation.state()).toMatchObject({ phase: 'locked', session: null });
      expect((await desk.rig.unlock(desk.head)).ok).toBe(true);
      const lines = await broken({ ...desk, screen });
      expect(lines.map(({ reason: why }) => why?.includes(reason))).toEqual(moment === 'after' ? [true] : []);
    },
  );
});

test('WS-9: what was seen on a full disk is in the trail once there is room, over a lock too', async () => {
  const { disk, openReplica } = watchedDisk();
  const desk = await atWork({ openReplica });
  const saved = await desk.screen.request('patients.register', registration('Malika'));
  if (!saved.ok) throw new Error(saved.error.code);
  disk.before = async () => {
    throw new ReplicaFailure('store.disk-full');
  };
  const record = desk.screen.open('patients.record', { id: saved.value.id });
  await record.until(() => true);
  await desk.rig.workstation.lock();
  expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
  await desk.rig.workstation.lock();
  disk.before = async () => undefined;
  expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
  const actions = (await linesOf(desk)).map(({ action }) => action);
  expect(actions.filter((action) => action === 'view')).toHaveLength(1);
  expect(actions.filter((action) => action === 'session.lock')).toHaveLength(2);
});
