import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyShelf } from '#access/ports.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { createManualTime } from './manual-time.ts';
import { passphrase, type Rig } from './rig.ts';
import { phaseOf, rigsOfTest } from './rigs-of-test.ts';

const { enrolled, unenrolled } = rigsOfTest();

describe('lock and unlock', () => {
  test('after a restart the right passphrase opens, a wrong one does not', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    await rig.restart();
    expect(phaseOf(rig)).toBe('locked');
    expect(await rig.unlock(rig.head, 'not the right one')).toMatchObject({
      ok: false,
      error: { code: 'access.wrong-passphrase' },
    });
    expect(phaseOf(rig)).toBe('locked');
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(phaseOf(rig)).toBe('unlocked');
  });

  test('guessing is slowed down over a restart, for that person only, and the wait ends', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    await rig.workstation.lock();
    const guess = async () => {
      const outcome = await rig.unlock(rig.head, 'wrong wrong wrong');
      return outcome.ok ? 'unlocked' : outcome.error;
    };
    for (let count = 0; count < 3; count += 1) {
      expect(await guess()).toMatchObject({ code: 'access.wrong-passphrase' });
    }
    await rig.restart();
    expect(await guess()).toEqual({ code: 'access.too-many-attempts', detail: { seconds: 2 } });
    expect((await rig.unlock(nurse, 'yetti qora mushuk')).ok).toBe(true);
    await rig.workstation.lock();
    rig.timers.advance(2_000);
    expect((await rig.unlock(rig.head)).ok).toBe(true);
  });

  test('locking stops the exchange, closes the records and hides the session', async () => {
    const rig = await enrolled();
    const session = rig.workstation.session();
    await rig.workstation.lock();
    expect(rig.workstation.state()).toMatchObject({ phase: 'locked', session: null, failure: null });
    expect(rig.exchange.running).toBe(0);
    expect(rig.workstation.exchange()).toBeNull();
    expect(() => session?.replica.count('patients', {})).toThrow('closed');
  });

  test('lock and unlock asked at once end unlocked; unlock and lock end locked', async () => {
    const rig = await enrolled();
    await Promise.all([rig.workstation.lock(), rig.unlock(rig.head)]);
    expect(phaseOf(rig)).toBe('unlocked');
    await rig.workstation.lock();
    await Promise.all([rig.unlock(rig.head), rig.workstation.lock()]);
    expect(phaseOf(rig)).toBe('locked');
    expect(rig.exchange.running).toBe(0);
  });

  test('five idle minutes lock; a touch puts it off', async () => {
    const rig = await enrolled();
    rig.timers.advance(4 * 60_000);
    rig.workstation.touch();
    rig.timers.advance(4 * 60_000);
    expect(phaseOf(rig)).toBe('unlocked');
    rig.timers.advance(60_001);
    expect(phaseOf(rig)).toBe('locked');
    await rig.workstation.lock();
    expect(rig.exchange.running).toBe(0);
  });

  test('a computer that slept locks when it wakes: timers stood still, the clock did not', async () => {
    const rig = await enrolled();
    rig.clock.set(rig.clock.now() + 60 * 60_000);
    rig.workstation.touch();
    expect(phaseOf(rig)).toBe('locked');
    await rig.unlock(rig.head);
    rig.clock.set(rig.clock.now() + 60 * 60_000);
    rig.timers.advance(15_000);
    expect(phaseOf(rig)).toBe('locked');
  });

  test('who takes over after a sleep begins with a whole wait, and a clock set back still locks', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    rig.clock.set(rig.clock.now() + 60 * 60_000);
    await rig.unlock(nurse, 'yetti qora mushuk');
    expect(phaseOf(rig)).toBe('unlocked');
    rig.clock.set(rig.clock.now() - 60 * 60_000);
    rig.timers.advance(5 * 60_000);
    expect(phaseOf(rig)).toBe('locked');
  });

  test('a simulated key unlocks where there are such; pulling it out locks and says why', async () => {
    const rig = await enrolled();
    const person = await rig.addPerson(['nurse']);
    await rig.workstation.lock();
    rig.touch = 'wrong-finger';
    expect(await rig.workstation.unlock({ method: 'simulated-key', person })).toMatchObject({
      ok: false,
      error: { code: 'access.finger-not-recognised' },
    });
    rig.touch = 'right-finger';
    expect((await rig.workstation.unlock({ method: 'simulated-key', person })).ok).toBe(true);
    rig.key.unplug();
    expect(rig.workstation.state()).toMatchObject({
      phase: 'locked',
      failure: { code: 'access.device-removed' },
    });
  });

  test('a release build neither offers nor takes a simulated key', async () => {
    const rig = await enrolled();
    await rig.addPerson(['nurse']);
    expect(rig.workstation.state().people.some(({ methods }) => methods.includes('simulated-key'))).toBe(
      true,
    );
    const release = { ...rig.workstation.parts, hasSimulatedDevices: false };
    const { Workstation } = await import('#workstation/workstation.ts');
    await rig.workstation.lock();
    const released = await Workstation.create({
      ...release,
      devices: emptyShelf,
    });
    expect(released.state().hasSimulatedDevices).toBe(false);
    expect(released.state().people.flatMap(({ methods }) => methods)).not.toContain('simulated-key');
    expect(await released.unlock({ method: 'simulated-key', person: rig.head })).toMatchObject({
      ok: false,
      error: { code: 'access.device-removed' },
    });
  });
});

describe('switching and staff', () => {
  test('another person takes over without closing the records, with her own draft key', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    const first = rig.workstation.session();
    const replica = first?.replica;
    const firstDraftKey = first && rig.workstation.draftKey(first);
    expect((await rig.unlock(nurse, 'yetti qora mushuk')).ok).toBe(true);
    const second = rig.workstation.session();
    expect(second).toMatchObject({ person: nurse, roles: ['nurse'] });
    expect(second?.replica).toBe(replica);
    expect(rig.exchange.running).toBe(1);
    const secondDraftKey = second && rig.workstation.draftKey(second);
    expect(secondDraftKey).toHaveLength(32);
    expect(secondDraftKey).not.toEqual(firstDraftKey);
    await rig.unlock(rig.head);
    const again = rig.workstation.session();
    expect(again && rig.workstation.draftKey(again)).toEqual(firstDraftKey);
  });

  test('a wrong passphrase at a switch leaves the session as it was', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    expect((await rig.unlock(nurse, 'wrong wrong wrong')).ok).toBe(false);
    expect(rig.workstation.session()?.person).toBe(rig.head);
  });

  test('the center may end the work of somebody who is signed in', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    await rig.unlock(nurse, 'yetti qora mushuk');
    const replica = rig.workstation.session()?.replica;
    await replica?.transact((transaction) => {
      const [record] = transaction.find('staff', {}).filter(({ id }) => String(id) === String(nurse));
      if (record === undefined) throw new Error('no record');
      transaction.put('staff', { ...record, body: { ...record.body, active: false } });
    });
    expect(rig.workstation.state()).toMatchObject({ phase: 'locked', failure: { code: 'access.forbidden' } });
    await rig.workstation.lock();
    expect((await rig.unlock(nurse, 'yetti qora mushuk')).ok).toBe(false);
  });

  test('changed roles count at once', async () => {
    const rig = await enrolled();
    const replica = rig.workstation.session()?.replica;
    await replica?.transact((transaction) => {
      const [record] = transaction.find('staff', {});
      if (record === undefined) throw new Error('no record');
      transaction.put('staff', { ...record, body: { ...record.body, roles: ['nurse'] } });
    });
    expect(rig.workstation.session()?.roles).toEqual(['nurse']);
  });

  test('enrolling staff that fails on the disk leaves nobody who could unlock', async () => {
    const { ReplicaFailure } = await import('#clinic/ports/replica-failure.ts');
    let isFull = false;
    const rig = await enrolled({
      openReplica: (real) => async (place) => {
        const replica = await real(place);
        return Object.assign(Object.create(replica), {
          transact: (write: Parameters<typeof replica.transact>[0]) =>
            isFull ? Promise.reject(new ReplicaFailure('store.disk-full')) : replica.transact(write),
          get: replica.get.bind(replica),
          find: replica.find.bind(replica),
          count: replica.count.bind(replica),
          onCommit: replica.onCommit.bind(replica),
          searchPatients: replica.searchPatients.bind(replica),
          close: replica.close.bind(replica),
        });
      },
    });
    isFull = true;
    await expect(rig.addPerson(['nurse'])).rejects.toThrow('store.disk-full');
    expect(rig.workstation.state().people.map(({ id }) => id)).toEqual([rig.head]);
    // A full disk locks nobody in or out.
    await rig.workstation.lock();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    isFull = false;
    await expect(rig.addPerson(['nurse'])).resolves.toBeTruthy();
  });
});

describe('damage', () => {
  const databaseOf = (rig: Rig) => join(layoutOf(rig.folder).current, 'records.sqlite');

  test('a damaged database is said, kept untouched, and opens once it is repaired', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    const sound = await readFile(databaseOf(rig));
    const damaged = Buffer.from(sound);
    damaged.fill(0x55, 4096, 8192);
    await writeFile(databaseOf(rig), damaged);
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: false, error: { code: 'store.damaged' } });
    expect(rig.workstation.state()).toMatchObject({ phase: 'failed', failure: { code: 'store.damaged' } });
    expect((await readFile(databaseOf(rig))).equals(damaged)).toBe(true);
    await writeFile(databaseOf(rig), sound);
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(rig.workstation.state()).toMatchObject({ phase: 'unlocked', failure: null });
  });

  test('a failure right after opening leaves nothing open behind the lock', async () => {
    let isFailing = false;
    const rig = await enrolled({
      openReplica: (real) => async (place) => {
        const replica = await real(place);
        const get = replica.get.bind(replica);
        replica.get = (collection, id) => {
          if (isFailing && collection === 'staff') throw new ReplicaFailure('store.damaged');
          return get(collection, id);
        };
        return replica;
      },
    });
    await rig.workstation.lock();
    isFailing = true;
    await expect(rig.unlock(rig.head)).rejects.toThrow(ReplicaFailure);
    expect(phaseOf(rig)).toBe('locked');
    expect(rig.exchange.running).toBe(0);
    isFailing = false;
    expect((await rig.unlock(rig.head)).ok).toBe(true);
  });

  test('an exchange that does not start leaves nothing open behind the lock', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    rig.exchange.isBroken = true;
    await expect(rig.unlock(rig.head)).rejects.toThrow('the exchange does not start');
    rig.exchange.isBroken = false;
    expect((await rig.unlock(rig.head)).ok).toBe(true);
  });

  test('a damaged slot file without a good one before it fails at start, and recovers when put back', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    const path = join(layoutOf(rig.folder).current, 'slots.json');
    const sound = await readFile(path);
    await writeFile(path, 'garbage');
    await rm(join(layoutOf(rig.folder).current, 'slots.backup.json'), { force: true });
    await rig.restart();
    expect(rig.workstation.state()).toMatchObject({ phase: 'failed', failure: { code: 'store.damaged' } });
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: false, error: { code: 'store.damaged' } });
    await writeFile(path, sound);
    expect((await rig.unlock(rig.head)).ok).toBe(true);
  });

  test('slots of another database do not open this one', async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    await one.workstation.lock();
    await other.workstation.lock();
    await cp(
      join(layoutOf(other.folder).current, 'slots.json'),
      join(layoutOf(one.folder).current, 'slots.json'),
    );
    await one.restart();
    expect(await one.unlock(other.head)).toMatchObject({ ok: false, error: { code: 'store.wrong-key' } });
  });
});

test('the audit trail has unlock, switch and lock', async () => {
  const actions: string[] = [];
  const rig = await unenrolled({
    openReplica: (real) => async (place) => {
      const replica = await real(place);
      const inner = replica.transact.bind(replica);
      const transact: typeof replica.transact = (write) =>
        inner((transaction) => {
          const audit = transaction.audit.bind(transaction);
          transaction.audit = (entry) => {
            actions.push(entry.action);
            audit(entry);
          };
          return write(transaction);
        });
      replica.transact = transact;
      return replica;
    },
  });
  const head = await rig.enrol();
  const nurse = await rig.addPerson(['nurse']);
  await rig.unlock(nurse, 'yetti qora mushuk');
  await rig.workstation.lock();
  if (head.ok) await rig.unlock(head.value.person, passphrase);
  expect(actions).toEqual([
    'workstation.enrol',
    'staff.enrol',
    'session.unlock',
    'keys.signing',
    'staff.enrol',
    'session.switch',
    'session.lock',
    'session.unlock',
  ]);
});

test('time that is moved by hand runs what is due in order', () => {
  const { timers, clock } = createManualTime({ isQuick: false });
  const ran: number[] = [];
  const began = clock.now();
  timers.after(20, () => ran.push(clock.now() - began));
  timers.after(10, () => {
    ran.push(clock.now() - began);
    timers.after(5, () => ran.push(clock.now() - began));
  });
  timers.after(12, () => ran.push(-1))();
  timers.advance(100);
  expect(ran).toEqual([10, 15, 20]);
});
