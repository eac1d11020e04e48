import { afterEach, expect, test } from 'vitest';
import { touchesOfNewKey } from '#contracts/bridge/access.ts';
import { ownersFinger, ownersPin } from '../virtual-key/ctap-bench.ts';
import type { Touch } from '../virtual-key/session.ts';
import {
  atWork,
  byFinger,
  byWords,
  closeAll,
  enrolKey,
  nurseWords,
  shown,
  step,
  waysOf,
} from './access-bench.ts';
import { eventually } from './test-screen.ts';

// docs/specs/access.md ACC-23: how often the owner of a new key touches it, which the dialog says before.

afterEach(closeAll);

test('a new key is touched three times, and is no way in before the last', async () => {
  const desk = await atWork();
  const bench = await desk.sockets.newKey();
  const touches = Array.from({ length: touchesOfNewKey }, () => Promise.withResolvers<Touch>());
  bench.owner(...touches.map(({ promise }) => promise), 'never');
  desk.sockets.plugIn(bench);
  const enrolling = enrolKey(desk, desk.head, null, bench);
  for (const [at, { resolve }] of touches.entries()) {
    await eventually(() => bench.askedTouches() === at + 1 || undefined, `touch ${at + 1}`);
    await step(desk, 'touch-now');
    await shown(desk, ({ touchesAsked }) => touchesAsked === at + 1);
    expect(await waysOf(desk.screen, desk.head)).toHaveLength(1);
    resolve(ownersFinger);
  }
  expect((await enrolling).enrolled).toMatchObject({ ok: true });
  expect(await waysOf(desk.screen, desk.head)).toHaveLength(2);
  expect(bench.askedTouches()).toBe(touchesOfNewKey);
});

test('a key that she has is touched once before, to show that the new one is hers', async () => {
  const desk = await atWork();
  const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
  const { bench: old } = await enrolKey(desk, nurse, byWords(nurseWords));
  const before = old.askedTouches();
  const fresh = await desk.sockets.newKey();
  const input = { person: nurse, label: 'Red', method: 'fido2', proof: byFinger } as const;
  const enrolling = desk.screen.request('keys.enrol', input);
  // The old key is hers already: another is waited for.
  await step(desk, 'insert-key');
  desk.sockets.plugIn(fresh);
  expect(await enrolling).toMatchObject({ ok: true });
  expect(old.askedTouches() - before).toBe(1);
  expect(fresh.askedTouches()).toBe(touchesOfNewKey);
});

test('a key by PIN is touched as often', async () => {
  const desk = await atWork();
  const bench = await desk.sockets.newKey();
  desk.sockets.plugIn(bench);
  const input = { person: desk.head, label: 'Blue', method: 'fido2', proof: null, pin: ownersPin } as const;
  expect(await desk.screen.request('keys.enrol', input)).toMatchObject({ ok: true });
  expect(bench.askedTouches()).toBe(touchesOfNewKey);
});
