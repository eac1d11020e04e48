import { afterEach, describe, expect, test } from 'vitest';
import { ok } from '#contracts/result.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { openCtapBench, ownersPin } from '../virtual-key/ctap-bench.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import { ctap21Profile, fingerOnlyProfile } from '../virtual-key/profiles.ts';
import type { Touch } from '../virtual-key/session.ts';
import {
  byFinger,
  byWords,
  closeAll,
  enrolKey,
  failure,
  nurseWords,
  phase,
  shown,
  step,
  unlock,
} from './access-bench.ts';
import {
  addThumb,
  changePin,
  describeKey,
  fingersOf,
  thumb,
  touchedSoFar,
  withKey,
  wrongPin,
} from './key-settings-bench.ts';
import { eventually } from './test-screen.ts';

// docs/specs/access.md ACC-33, ACC-35: what a key on this computer can do, its fingers and its PIN, asked by a screen.

afterEach(closeAll);

describe('what a key can do', () => {
  test('is told without its PIN; whose fingers it knows only with it', async () => {
    const { desk } = await withKey();
    const known = { hasPin: true, canTakeFingers: true, pinAttemptsLeft: 8, fingerAttemptsLeft: 3 };
    expect(await describeKey(desk)).toEqual(ok({ ...known, fingers: null }));
    expect(await describeKey(desk, ownersPin)).toMatchObject(
      ok({ ...known, fingers: [{ name: 'right index' }] }),
    );
    expect(await describeKey(desk, wrongPin)).toMatchObject(
      failure('access.pin-not-right', { attemptsLeft: 7 }),
    );
    expect(await describeKey(desk)).toEqual(ok({ ...known, pinAttemptsLeft: 7, fingers: null }));
    await shown(desk, ({ operation }) => operation === null);
  });

  test('one that takes fingers by itself only says so, and refuses', async () => {
    const { desk } = await withKey(fingerOnlyProfile);
    expect(await describeKey(desk)).toMatchObject(
      ok({ hasPin: false, canTakeFingers: false, pinAttemptsLeft: null, fingers: null }),
    );
    expect(await addThumb(desk)).toMatchObject(
      failure('access.key-unsuitable', { lacks: 'finger-enrolment' }),
    );
    expect(await changePin(desk, null, '246813')).toMatchObject(
      failure('access.key-unsuitable', { lacks: 'pin' }),
    );
  });

  test('is asked of the one that was plugged in last; without one nothing is', async () => {
    const { desk, bench: first } = await withKey();
    const second = await openCtapBench({
      random: systemRandom,
      timers: systemTimers,
      memory: newKeyMemory(systemRandom.bytes(32), { fingers: ['a', 'b'], pin: '998877' }),
    });
    desk.sockets.plugIn(second);
    expect(await describeKey(desk, '998877')).toMatchObject(ok({ fingers: [{}, {}] }));
    // Nobody's PIN was tried on the other one.
    expect(first.virtual.memory.pinRetries).toBe(8);
    second.pipe.unplug();
    expect(await fingersOf(desk)).toHaveLength(1);
    first.pipe.unplug();
    const removed = failure('access.device-removed');
    expect(await describeKey(desk)).toEqual(removed);
    expect(await addThumb(desk)).toEqual(removed);
    expect(await changePin(desk, ownersPin, '246813')).toEqual(removed);
  });

  test('is for whoever is at work, with any role, and for nobody at a locked screen', async () => {
    const { desk, bench } = await withKey();
    const nurse = await desk.rig.addPerson(['technician'], nurseWords);
    await desk.rig.workstation.lock();
    for (const asked of [
      describeKey(desk),
      addThumb(desk),
      changePin(desk, ownersPin, '246813'),
      desk.screen.request('keys.remove-finger', { pin: ownersPin, id: 'AAA=' }),
    ]) {
      expect(await asked).toEqual(failure('access.locked'));
    }
    expect(bench.virtual.memory.pinRetries).toBe(8);
    await unlock(desk, nurse, byWords(nurseWords));
    bench.owner(thumb);
    expect(await addThumb(desk)).toEqual(ok({}));
  });
});

describe('the trail', () => {
  // AUD-4
  test('says who changed what a key takes, and nothing of what failed', async () => {
    const { desk, bench } = await withKey();
    bench.owner(thumb);
    expect(await addThumb(desk, wrongPin)).toMatchObject(
      failure('access.pin-not-right', { attemptsLeft: 7 }),
    );
    expect(await addThumb(desk)).toEqual(ok({}));
    const taught = (await fingersOf(desk)).find(({ name }) => name === 'left thumb');
    const removed = desk.screen.request('keys.remove-finger', { pin: ownersPin, id: taught?.id ?? '' });
    expect(await removed).toEqual(ok({}));
    expect(await changePin(desk, ownersPin, '246813')).toEqual(ok({}));
    const { rows } = await desk.rig
      .screen()
      .open('audit.recent', {})
      .until(({ rows: shownRows }) => shownRows.some(({ action }) => action === 'keys.pin'));
    const told = rows.filter(({ action }) =>
      ['keys.finger', 'keys.finger-removed', 'keys.pin'].includes(action),
    );
    expect(told.map(({ action, personId }) => [action, personId])).toEqual([
      ['keys.pin', desk.head],
      ['keys.finger-removed', desk.head],
      ['keys.finger', desk.head],
    ]);
  });
});

describe('a finger', () => {
  test('is taught touch by touch, shown to every screen, opens from then on, and is forgotten again', async () => {
    const { desk, bench } = await withKey();
    expect((await enrolKey(desk, desk.head, null, bench)).enrolled.ok).toBe(true);
    const other = desk.rig.screen().open('access.door', {});
    const made = [
      [thumb, { good: 1, hint: null }],
      [
        { ...thumb, quality: 0x05 },
        { good: 1, hint: 'too-fast' },
      ],
      [
        { ...thumb, quality: 0x01 },
        { good: 1, hint: 'off-centre' },
      ],
      [thumb, { good: 2, hint: null }],
      [{ finger: 'right index' }, { good: 2, hint: 'too-similar' }],
      [thumb, { good: 3, hint: null }],
      ['nothing', { good: 3, hint: null }],
      [thumb, { good: 4, hint: null }],
      [thumb, null],
    ] as const satisfies readonly (readonly [Touch, object | null])[];
    const waiting = made.map(() => Promise.withResolvers<Touch>());
    bench.owner(...waiting.map(({ promise }) => promise), 'never');
    const enrolling = addThumb(desk);
    await step(desk, 'touch-now');
    for (const [index, [touch, told]] of made.entries()) {
      waiting[index]?.resolve(touch);
      if (told === null) continue;
      const wanted = { kind: 'enrol-finger', step: 'touch-again', needed: 5, ...told };
      await eventually(() => {
        const newest = other.snapshots.at(-1)?.operation;
        return newest?.good === told.good && newest.hint === told.hint ? newest : undefined;
      }, `touch ${index}`);
      expect(
        await shown(desk, ({ operation }) => operation?.good === told.good && operation.hint === told.hint),
      ).toMatchObject({
        operation: wanted,
      });
    }
    expect(await enrolling).toEqual(ok({}));
    await shown(desk, ({ operation }) => operation === null);
    expect(JSON.stringify(other.snapshots)).not.toContain('left thumb');

    const fingers = await fingersOf(desk);
    expect(fingers.map(({ name }) => name)).toEqual(['right index', 'left thumb']);
    await desk.rig.workstation.lock();
    bench.owner(thumb);
    expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);

    const remove = (id: string, pin = ownersPin) => desk.screen.request('keys.remove-finger', { pin, id });
    const id = fingers.at(-1)?.id ?? '';
    expect(await remove(id, wrongPin)).toMatchObject(failure('access.pin-not-right', { attemptsLeft: 7 }));
    expect(await remove(id)).toEqual(ok({}));
    expect(await remove(id)).toMatchObject(failure('access.key-unsuitable'));
    expect((await fingersOf(desk)).map(({ name }) => name)).toEqual(['right index']);
    await desk.rig.workstation.lock();
    expect(await unlock(desk, desk.head, byFinger)).toMatchObject(failure('access.finger-not-recognised'));
  });

  test('more than the key has room for, and a wrong PIN, change nothing', async () => {
    const { desk, bench } = await withKey();
    expect(await addThumb(desk, wrongPin)).toMatchObject(
      failure('access.pin-not-right', { attemptsLeft: 7 }),
    );
    bench.owner(thumb);
    expect(await addThumb(desk)).toEqual(ok({}));
    bench.owner({ finger: 'left index' });
    expect(await addThumb(desk)).toEqual(ok({}));
    expect(await addThumb(desk)).toMatchObject(failure('access.key-unsuitable', { failure: 'no-room' }));
    expect(bench.virtual.memory.fingers).toHaveLength(3);
  });

  test.each(['cancelled', 'locked', 'another asks', 'nobody touches'] as const)(
    'in the middle, %s: nothing is kept, and the key is free at once',
    async (what) => {
      const { desk, bench } = await withKey();
      bench.owner(thumb, thumb, 'never');
      const enrolling = addThumb(desk);
      await touchedSoFar(desk, 2);
      if (what === 'cancelled') await desk.screen.request('access.cancel', {});
      const locked = what === 'locked' ? desk.rig.workstation.lock() : undefined;
      const described = what === 'another asks' ? describeKey(desk, ownersPin) : undefined;
      if (what === 'nobody touches') desk.rig.timers.advance(30_000);
      expect(await enrolling).toMatchObject(failure('access.cancelled'));
      expect(await described).toEqual(
        what === 'another asks' ? expect.objectContaining({ ok: true }) : undefined,
      );
      await locked;
      await shown(desk, ({ operation }) => operation === null);
      expect(bench.virtual.memory.fingers.map(({ finger }) => finger)).toEqual(['right index']);
      if (what === 'locked') {
        expect(phase(desk)).toBe('locked');
        await unlock(desk, desk.head, byWords());
      }
      bench.owner(thumb);
      expect(await addThumb(desk)).toEqual(ok({}));
    },
  );

  test('a touch puts off the giving up, so that a slow owner gets done', async () => {
    const { desk, bench } = await withKey();
    const [first, second] = [Promise.withResolvers<Touch>(), Promise.withResolvers<Touch>()];
    bench.owner(first.promise, second.promise, 'never');
    const enrolling = addThumb(desk);
    await step(desk, 'touch-now');
    desk.rig.timers.advance(29_000);
    first.resolve(thumb);
    await touchedSoFar(desk, 1);
    desk.rig.timers.advance(29_000);
    second.resolve(thumb);
    await touchedSoFar(desk, 2);
    expect(desk.rig.workstation.door.operations.current()?.kind).toBe('enrol-finger');
    desk.rig.timers.advance(30_000);
    expect(await enrolling).toMatchObject(failure('access.cancelled'));
  });
});

describe('a PIN', () => {
  test('is set on a key that has none, once, and changed with the present one', async () => {
    const memory = newKeyMemory(systemRandom.bytes(32), { fingers: ['right index'] });
    const { desk } = await withKey(ctap21Profile, memory);
    expect(await describeKey(desk)).toMatchObject(ok({ hasPin: false }));
    expect(await addThumb(desk)).toMatchObject({ ok: false, error: { code: 'access.key-unsuitable' } });
    expect(await changePin(desk, wrongPin, ownersPin)).toMatchObject(
      failure('access.key-unsuitable', { lacks: 'pin' }),
    );
    expect(await changePin(desk, null, ownersPin)).toEqual(ok({}));
    expect(await changePin(desk, null, wrongPin)).toMatchObject(failure('access.key-unsuitable'));
    expect(await changePin(desk, ownersPin, 'кўприк 7')).toEqual(ok({}));
    expect(await describeKey(desk, ownersPin)).toMatchObject(
      failure('access.pin-not-right', { attemptsLeft: 7 }),
    );
    // As another keyboard composes it.
    expect(await describeKey(desk, 'кўприк 7'.normalize('NFD'))).toMatchObject(ok({ hasPin: true }));
    expect(await changePin(desk, 'кўприк 7', 'ў'.repeat(40))).toMatchObject(
      failure('access.weak-pin', { leastLength: 4 }),
    );
  });

  test('wrong three times is taken again after the key was put in anew, and eight times never; the finger still opens', async () => {
    const { desk, bench: first } = await withKey();
    let bench = first;
    expect((await enrolKey(desk, desk.head, null, bench)).enrolled.ok).toBe(true);
    const attempt = () => changePin(desk, wrongPin, '246813');
    const anew = async () => {
      bench = await bench.replug();
      desk.sockets.plugIn(bench);
    };
    const untilReplugged = failure('access.key-blocked', { method: 'pin', until: 'replugged' });
    expect(await attempt()).toMatchObject(failure('access.pin-not-right', { attemptsLeft: 7 }));
    expect(await attempt()).toMatchObject(failure('access.pin-not-right', { attemptsLeft: 6 }));
    expect(await attempt()).toMatchObject(untilReplugged);
    expect(await changePin(desk, ownersPin, '246813')).toMatchObject(untilReplugged);
    expect(await describeKey(desk)).toMatchObject(ok({ pinAttemptsLeft: 5 }));
    await anew();
    for (const left of [4, 3]) {
      expect(await attempt()).toMatchObject(failure('access.pin-not-right', { attemptsLeft: left }));
    }
    expect(await attempt()).toMatchObject(untilReplugged);
    await anew();
    expect(await attempt()).toMatchObject(failure('access.pin-not-right', { attemptsLeft: 1 }));
    const never = failure('access.key-blocked', { method: 'pin', until: 'reset' });
    expect(await attempt()).toMatchObject(never);
    expect(await addThumb(desk)).toMatchObject(never);
    await desk.rig.workstation.lock();
    expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);
  });
});
