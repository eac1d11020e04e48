import { afterEach, expect, test } from 'vitest';
import { atWork, byWords, closeAll, enrolKey, failure, nurseWords, waysOf } from './access-bench.ts';

// docs/specs/access.md ACC-54: one key belongs to one person, once; on the real slots and CTAP client.

afterEach(closeAll);

test('a key that opens is refused to its owner and to everybody else, on this computer and to the page', async () => {
  const desk = await atWork();
  const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
  const { bench } = await enrolKey(desk, nurse, byWords(nurseWords));
  const refused = failure('access.key-enrolled', { failure: 'already-enrolled' });
  expect((await enrolKey(desk, nurse, byWords(nurseWords), bench)).enrolled).toEqual(refused);
  expect((await enrolKey(desk, desk.head, null, bench)).enrolled).toEqual(refused);
  expect(await waysOf(desk.screen, desk.head)).toHaveLength(1);
  const knownFor = async (person: typeof nurse, isAnew: boolean) => {
    const begun = await desk.screen.request('keys.webauthn-begin', { person, isAnew });
    return begun.ok ? begun.value.known.length : begun.error.code;
  };
  expect([await knownFor(nurse, false), await knownFor(desk.head, false)]).toEqual([1, 1]);
  // She lost everything she had: the key may be made hers anew.
  expect([await knownFor(nurse, true), await knownFor(desk.head, true)]).toEqual([0, 1]);
  expect((await enrolKey(desk, nurse, null, bench)).enrolled).toMatchObject({ ok: true });
  const ways = await waysOf(desk.screen, nurse);
  expect(ways.map(({ method }) => method)).toEqual(['fido2']);
});
