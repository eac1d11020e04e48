import { afterEach, describe, expect, test } from 'vitest';
import type { PersonId } from '#contracts/ids.ts';
import { ok } from '#contracts/result.ts';
import {
  atWork,
  byFinger,
  byWords,
  closeAll,
  type Desk,
  enrolKey,
  failure,
  nurseWords,
  phase,
  unlock,
} from './access-bench.ts';

// docs/specs/access.md ACC-26, ACC-27, ACC-31: opening without one's own way in.

afterEach(closeAll);

describe('breaking glass', () => {
  const trailOf = async ({ screen }: Desk) => {
    const view = screen.open('audit.recent', {});
    const { rows } = await view.until(() => true);
    view.close();
    return rows.map(({ action, personId, reason }) => ({ action, personId, reason }));
  };
  const state = ({ rig }: Desk) => rig.workstation.state();

  test('by paper: mistyped groups are named, an older paper ends; reason, roles and author are in the records', async () => {
    const desk = await atWork();
    const make = async () => {
      const made = await desk.screen.request('recovery.make-paper', {});
      const drawn = made.ok ? made.value.groups : [];
      const typed = [3, 8].map((group) => ({ group, text: drawn[group - 1] ?? '' }));
      expect(await desk.screen.request('recovery.keep-paper', { groups: typed })).toEqual(ok({}));
      return drawn;
    };
    const [older, groups] = [await make(), await make()];
    expect(groups).toHaveLength(8);
    await desk.rig.workstation.lock();
    const by = (code: string) =>
      desk.screen.request('session.break-glass', {
        method: 'paper',
        code,
        name: 'Sattorova Umida',
        reason: 'the head is away',
      });
    const third = groups[2] ?? '';
    const wrong = `${third.slice(0, -1)}${third.endsWith('7') ? '8' : '7'}`;
    expect(await by(groups.with(2, wrong).join('-'))).toEqual(
      failure('access.paper-key-wrong', { groups: ['3'] }),
    );
    expect(await by(older.join('-'))).toEqual(failure('access.paper-key-wrong'));
    const opened = await by(groups.join(' ').toLowerCase());
    if (!opened.ok) throw new Error(opened.error.code);
    expect(state(desk).session).toMatchObject({
      person: { name: 'Sattorova Umida', roles: ['head', 'technician'] },
      breakGlass: 'paper',
    });
    const registered = await desk.screen.request('patients.register', {
      name: { family: 'Yusupova', given: 'Nargiza' },
      sex: 'female',
      birth: { date: '1985-03-12' },
      hasConsent: true,
      allergyStatus: 'not-recorded',
    });
    if (!registered.ok) throw new Error(registered.error.code);
    const visit = await desk.screen.request('visits.start', {
      patientId: registered.value.id,
      reason: 'bosim',
      urgency: 'routine',
      state: 'arrived',
    });
    if (!visit.ok) throw new Error(visit.error.code);
    const closed = await desk.screen.request('visits.move', { id: visit.value.id, state: 'finished' });
    // SIG-1: the paper brings nobody's signing key, and the screen is not told of a signature.
    expect(closed).toMatchObject({ ok: true, value: { id: visit.value.id } });
    expect(closed.ok && 'isSigned' in closed.value).toBe(false);
    const record = desk.screen.open('patients.record', { id: registered.value.id });
    await record.until(() => true);
    const patient = desk.rig.workstation.session()?.replica.get('patients', registered.value.id);
    expect(String(patient?.author)).toBe(String(opened.value.person));
    const trail = await trailOf(desk);
    const reason = 'Sattorova Umida: the head is away';
    expect(trail).toContainEqual({ action: 'session.break-glass', personId: opened.value.person, reason });
    expect(trail).toContainEqual({ action: 'view', personId: opened.value.person, reason });
    const refusal = { action: 'session.unlock-failed', personId: null, reason: 'access.wrong-passphrase' };
    expect(trail).toContainEqual(refusal);
    // Somebody comes with her own way in: no exception any more.
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
    expect(state(desk).session?.breakGlass).toBeNull();
    const again = desk.screen.open('patients.record', { id: registered.value.id });
    await again.until(() => true);
    expect(await trailOf(desk)).toContainEqual({ action: 'view', personId: desk.head, reason: null });
  });

  test('by two holders together, not by one, not by one person twice, and the one who failed is in the trail', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    const hold = (people: PersonId[]) => desk.screen.request('recovery.set-holders', { people });
    expect(await hold([desk.head])).toMatchObject(failure('access.forbidden', { rule: 'two-people' }));
    expect((await hold([desk.head, nurse])).ok).toBe(true);
    await desk.rig.workstation.lock();
    const one = { person: nurse, proof: byWords(nurseWords) };
    const together = (second: typeof one) =>
      desk.screen.request('session.break-glass', { method: 'two', first: one, second, reason: 'fire' });
    expect(await together(one)).toEqual(failure('access.forbidden', { rule: 'two-people' }));
    expect(await together({ person: desk.head, proof: byWords('not the right one') })).toMatchObject(
      failure('access.wrong-passphrase', { holder: desk.head }),
    );
    expect(phase(desk)).toBe('locked');
    expect((await together({ person: desk.head, proof: byWords() })).ok).toBe(true);
    expect(state(desk).session).toMatchObject({ person: { id: nurse }, breakGlass: 'two' });
    expect(state(desk).session?.person.roles).toEqual(['nurse', 'head', 'technician']);
    expect(desk.rig.workstation.session()?.signer).toBeNull();
    const trail = await trailOf(desk);
    const failed = trail.filter(({ action }) => action === 'session.unlock-failed');
    expect(failed.map(({ personId }) => personId)).toEqual([desk.head]);
    const reason = `${desk.head}: fire`;
    expect(trail).toContainEqual({ action: 'session.break-glass', personId: nurse, reason });
  });

  test('whose key is asked is told by who was named first and second, and by nothing else', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    await enrolKey(desk, nurse, byWords(nurseWords));
    await enrolKey(desk, desk.head, null);
    await desk.screen.request('recovery.set-holders', { people: [desk.head, nurse] });
    await desk.rig.workstation.lock();
    const asked: string[] = [];
    desk.rig.workstation.onChange(() => {
      const holder = desk.rig.workstation.door.operations.current()?.holder;
      if (holder !== undefined && asked.at(-1) !== holder) asked.push(holder);
    });
    const first = { person: nurse, proof: byFinger };
    const second = { person: desk.head, proof: byFinger };
    const both = { method: 'two', first, second, reason: 'fire' } as const;
    expect((await desk.screen.request('session.break-glass', both)).ok).toBe(true);
    expect(asked).toEqual(['first', 'second']);
    await desk.rig.workstation.lock();
    asked.length = 0;
    expect((await unlock(desk, nurse, byFinger)).ok).toBe(true);
    expect(asked).toEqual([]);
  });
});
