import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveViews } from '#contracts/bridge/live-views.ts';
import { requests } from '#contracts/bridge/requests.ts';
import type { PersonId } from '#contracts/ids.ts';
import { type Role, roles } from '#contracts/roles.ts';
import { openEnrolledRig, type Rig } from './rig.ts';

/**
 * Input that no schema takes: who may ask gets as far as the input, who may not is turned away before. Requests and
 * views that take an empty object are asked with something that is none.
 */
const unfit = 'no object';
const passphrases: Record<Role, string> = {
  nurse: 'qizil choynak tomda',
  feldsher: 'yashil gilam devorda',
  doctor: 'oppoq bulut tepada',
  head: 'katta chinor hovlida',
  technician: 'tunuka chelak ombor',
};

let rig: Rig;
const personByRole = new Map<Role, PersonId>();

beforeAll(async () => {
  rig = await openEnrolledRig();
  for (const role of roles) personByRole.set(role, await rig.addPerson([role], passphrases[role]));
});
afterAll(() => rig.close());

async function signInAs(role: Role | null): Promise<void> {
  const person = role === null ? undefined : personByRole.get(role);
  if (role === null || person === undefined) return rig.workstation.lock();
  const outcome = await rig.unlock(person, passphrases[role]);
  if (!outcome.ok) throw new Error(outcome.error.code);
}

/** What the contract says, worked out apart from the server. */
function expected(audience: 'anyone' | readonly Role[], role: Role | null): string {
  if (audience === 'anyone') return 'bridge.invalid-input';
  if (role === null) return 'access.locked';
  return audience.includes(role) ? 'bridge.invalid-input' : 'access.forbidden';
}

describe.each([null, ...roles])('as %s', (role) => {
  beforeAll(() => signInAs(role));

  test.each(Object.entries(requests))('request %s', async (name, { audience }) => {
    const answer = await rig.screen().ask(name, unfit);
    expect(answer).toMatchObject({ ok: false, error: { code: expected(audience, role) } });
  });

  test.each(Object.entries(liveViews))('view %s', async (name, { audience }) => {
    const view = rig.screen().openRaw(name, unfit);
    expect(await view.untilEnded()).toBe(expected(audience, role));
  });
});

test('somebody with two roles may do what either may', async () => {
  await rig.workstation.lock();
  const [first] = rig.workstation.state().people;
  if (first === undefined) throw new Error('nobody');
  await rig.unlock(first.id);
  const both = await rig.addPerson(['technician', 'nurse'], 'oltita kaptar uchdi');
  await rig.unlock(both, 'oltita kaptar uchdi');
  for (const name of ['staff.enrol', 'patients.register']) {
    expect(await rig.screen().ask(name, unfit)).toMatchObject({ error: { code: 'bridge.invalid-input' } });
  }
});
