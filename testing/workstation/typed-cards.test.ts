import { afterEach, expect, test } from 'vitest';
import { openRig, passphrase, type Rig } from './rig.ts';

let rig: Rig;
afterEach(async () => {
  await rig.close();
});

const doorOf = () => rig.screen().open('access.door', {});

test('a number from a reader that types picks its owner after it was bound, and opens nothing (ACC-8)', async () => {
  rig = await openRig();
  const enrolled = await rig.enrol();
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const { person } = enrolled.value;
  expect((await rig.unlock(person)).ok).toBe(true);
  const screen = rig.screen();
  await screen.request('access.card-typed', { text: '0045179812345' });
  const door = await doorOf().until(({ card }) => card !== null);
  expect(door.card).toEqual({ person: null, reading: 1 });
  expect((await screen.request('staff.bind-card', { person, reading: 1 })).ok).toBe(true);
  await rig.workstation.lock();
  await doorOf().until(({ card }) => card === null);

  await screen.request('access.card-typed', { text: ' 0045179812345 ' });
  expect((await doorOf().until(({ card }) => card !== null)).card?.person).toBe(person);
  expect(rig.workstation.state().phase).toBe('locked');
  // Nobody can take a typed card away: whoever came in by it stays.
  expect((await rig.unlock(person, passphrase)).ok).toBe(true);
  expect(rig.workstation.state().phase).toBe('unlocked');
  expect(rig.log.join('\n')).not.toContain('0045179812345');
});

test('a number of a patient or of nobody picks nobody', async () => {
  rig = await openRig();
  const enrolled = await rig.enrol();
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  await rig.workstation.lock();
  const screen = rig.screen();
  await screen.request('access.card-typed', { text: 'STRANGER-1' });
  expect((await doorOf().until(({ card }) => card !== null)).card?.person).toBeNull();
  await screen.request('access.card-typed', { text: '' });
  expect(rig.workstation.state().phase).toBe('locked');
});
