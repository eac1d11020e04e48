import { afterEach, describe, expect, test } from 'vitest';
import { readCredential } from '#access/enrolled-credential.ts';
import type { Proof } from '#contracts/bridge/access.ts';
import type { WorkstationParts } from '#workstation/parts.ts';
import { operation, ownersPin } from '../virtual-key/ctap-bench.ts';
import {
  atWork,
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
  waysOf,
} from './access-bench.ts';
import type { RigOptions } from './rig.ts';
import { eventually } from './test-screen.ts';

// docs/specs/access.md, docs/specs/bridge.md: what a screen asks about ways in, on the real store, slots and CTAP client.

afterEach(closeAll);

describe('a key on this computer', () => {
  test('is enrolled and opens by finger and by PIN; the door shows each step; pulling it out locks', async () => {
    const desk = await atWork();
    const { bench, enrolled } = await enrolKey(desk, desk.head, null);
    expect(enrolled).toEqual({ ok: true, value: { needsSecond: false } });
    expect(desk.door.snapshots.map(({ operation: told }) => told?.kind)).toContain('enrol-key');
    await desk.rig.workstation.lock();
    bench.owner('never');
    const waiting = unlock(desk, desk.head, byFinger);
    const asked = await step(desk, 'touch-now');
    expect(asked.operation).toMatchObject({ kind: 'unlock', step: 'touch-now' });
    expect(JSON.stringify(asked.operation)).not.toContain(desk.head);
    expect((await desk.screen.request('access.cancel', {})).ok).toBe(true);
    expect(await waiting).toMatchObject(failure('access.cancelled'));
    expect(phase(desk)).toBe('locked');
    expect(await unlock(desk, desk.head, { method: 'fido2', pin: '999999' })).toMatchObject(
      failure('access.pin-not-right', { attemptsLeft: 7 }),
    );
    bench.owner({ finger: 'left thumb' });
    expect(await unlock(desk, desk.head, byFinger)).toMatchObject(failure('access.finger-not-recognised'));
    bench.owner({ finger: 'right index' });
    expect((await unlock(desk, desk.head, { method: 'fido2', pin: ownersPin })).ok).toBe(true);
    await desk.rig.workstation.lock();
    expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);
    await shown(desk, ({ operation: told }) => told === null);
    bench.pipe.unplug();
    expect(desk.rig.workstation.state()).toMatchObject({
      phase: 'locked',
      failure: { code: 'access.device-removed' },
    });
  });

  test('may be put in late, and is not waited for for ever', async () => {
    const desk = await atWork();
    const { bench } = await enrolKey(desk, desk.head, null);
    await desk.rig.workstation.lock();
    const again = await bench.replug();
    const waiting = unlock(desk, desk.head, byFinger);
    await step(desk, 'insert-key');
    desk.sockets.plugIn(again);
    expect((await waiting).ok).toBe(true);
    await desk.rig.workstation.lock();
    again.pipe.unplug();
    const inVain = unlock(desk, desk.head, byFinger);
    await step(desk, 'insert-key');
    desk.rig.timers.advance(30_000);
    expect(await inVain).toEqual(failure('access.device-removed'));
    const cancelled = unlock(desk, desk.head, byFinger);
    await step(desk, 'insert-key');
    await desk.screen.request('access.cancel', {});
    expect(await cancelled).toEqual(failure('access.cancelled'));
  });

  test('pulled out while the records still open, it locks as well', async () => {
    let whileOpening = (): void => undefined;
    const openReplica: RigOptions['openReplica'] = (real) => async (place) => {
      const replica = await real(place);
      whileOpening();
      return replica;
    };
    const desk = await atWork({ openReplica });
    const { bench } = await enrolKey(desk, desk.head, null);
    await desk.rig.workstation.lock();
    whileOpening = () => bench.pipe.unplug();
    await unlock(desk, desk.head, byFinger);
    expect(desk.rig.workstation.state()).toMatchObject({
      phase: 'locked',
      failure: { code: 'access.device-removed' },
    });
  });

  test('of two that are plugged in, each opens for its owner only', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    const { bench: hers } = await enrolKey(desk, nurse, byWords(nurseWords));
    const { bench: own } = await enrolKey(desk, desk.head, null);
    await desk.rig.workstation.lock();
    expect((await unlock(desk, nurse, byFinger)).ok).toBe(true);
    own.pipe.unplug();
    expect(phase(desk)).toBe('unlocked');
    expect(await unlock(desk, desk.head, byFinger)).toEqual(failure('access.key-unknown'));
    // Who takes over by passphrase has no key in: the one of the person before may go home with her.
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
    hers.pipe.unplug();
    expect(phase(desk)).toBe('unlocked');
  });

  test('a lock ends what waits for a finger, and nothing that waited comes in after it', async () => {
    const desk = await atWork();
    const { bench } = await enrolKey(desk, desk.head, null);
    await desk.rig.workstation.lock();
    bench.owner('never');
    const waiting = unlock(desk, desk.head, byFinger);
    await step(desk, 'touch-now');
    // Not by the screen, whose request would come after the lock.
    const behind = desk.rig.workstation.unlock({ person: desk.head, method: 'fido2' });
    await desk.rig.workstation.lock();
    expect(await waiting).toMatchObject(failure('access.cancelled'));
    expect(await behind).toMatchObject(failure('access.cancelled'));
    expect(phase(desk)).toBe('locked');
    bench.owner('never');
    const last = unlock(desk, desk.head, byFinger);
    await step(desk, 'touch-now');
    await desk.rig.workstation.close();
    expect((await last).ok).toBe(false);
  });
});

describe('another way in', () => {
  test('for somebody else takes her own proof, by a key that is not the new one', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    const { bench: first, enrolled } = await enrolKey(desk, nurse, byWords(nurseWords));
    expect(enrolled).toEqual({ ok: true, value: { needsSecond: false } });
    const signer = desk.rig.workstation.slots()?.signingKeyOf(nurse);
    expect((await enrolKey(desk, nurse, byWords('not the right one'))).enrolled).toMatchObject(
      failure('access.wrong-passphrase'),
    );
    const second = await desk.sockets.newKey();
    const enrolling = desk.screen.request('keys.enrol', {
      person: nurse,
      label: 'Red',
      method: 'fido2',
      proof: byFinger,
    });
    desk.sockets.plugIn(second);
    expect((await enrolling).ok).toBe(true);
    first.pipe.unplug();
    await desk.rig.workstation.lock();
    expect((await unlock(desk, nurse, byFinger)).ok).toBe(true);
    expect(desk.rig.workstation.slots()?.signingKeyOf(nurse)).toEqual(signer);
    second.pipe.unplug();
    expect(phase(desk)).toBe('locked');
  });

  test('with nothing to show ends everything she had, her signing key too', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    const signer = desk.rig.workstation.slots()?.signingKeyOf(nurse);
    expect((await enrolKey(desk, nurse, null)).enrolled).toMatchObject({
      ok: true,
      value: { needsSecond: false },
    });
    expect((await waysOf(desk.screen, nurse)).map(({ method }) => method)).toEqual(['fido2']);
    expect(desk.rig.workstation.slots()?.signingKeyOf(nurse)).not.toEqual(signer);
    await desk.rig.workstation.lock();
    expect(await unlock(desk, nurse, byWords(nurseWords))).toMatchObject({ ok: false });
    expect((await unlock(desk, nurse, byFinger)).ok).toBe(true);
  });

  test('by WebAuthn: what the page is given makes a key that opens, and one that answers otherwise does not', async () => {
    const desk = await atWork();
    const page = await desk.sockets.newKey();
    const begun = await desk.screen.request('keys.webauthn-begin', { person: desk.head });
    if (!begun.ok) throw new Error(begun.error.code);
    expect(begun.value).toMatchObject({ relyingParty: 'localhost', known: [] });
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
    const made = await page.key.createCredential({ ...operation(), user: bytes(begun.value.user) });
    const credential = made.ok ? made.value.credential : new Uint8Array();
    const known = readCredential(credential);
    if (known === undefined) throw new Error('no credential');
    const ask = async (salt: string) => {
      const released = await page.key.releaseSecret({ ...operation(), credential, salt: bytes(salt) });
      if (!released.ok) throw new Error(released.error.failure);
      return Buffer.from(released.value.reveal()).toString('base64');
    };
    const spki = Buffer.concat([
      Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'),
      known.publicPoint.x,
      known.publicPoint.y,
    ]);
    const { salt } = begun.value;
    const finishing = {
      person: desk.head,
      label: 'Laptop',
      credential: Buffer.from(known.id).toString('base64'),
      publicKey: spki.toString('base64'),
      salt,
      secret: await ask(salt),
      again: await ask(salt),
      proof: null,
    };
    const other = Buffer.alloc(32, 7).toString('base64');
    expect(await desk.screen.request('keys.webauthn-finish', { ...finishing, again: other })).toMatchObject({
      ok: false,
    });
    expect(await desk.screen.request('keys.webauthn-finish', finishing)).toEqual({
      ok: true,
      value: { needsSecond: false },
    });
    await desk.rig.workstation.lock();
    const options = await desk.screen.request('access.webauthn-options', { person: desk.head });
    const [offered] = options.ok ? options.value.slots : [];
    if (offered === undefined) throw new Error('nothing to ask for');
    expect(offered).toMatchObject({ credential: finishing.credential, salt });
    const bySecret = (secret: string): Proof => ({ method: 'webauthn', slot: offered.slot, secret });
    expect((await unlock(desk, desk.head, bySecret(other))).ok).toBe(false);
    expect((await unlock(desk, desk.head, bySecret(await ask(offered.salt)))).ok).toBe(true);
    // The same key on the other road: CTAP over HID on this computer.
    await desk.rig.workstation.lock();
    desk.sockets.plugIn(page);
    expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);
  });

  test('a passphrase is changed by its owner and reset by an administrator; the older one ends', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    expect(await desk.screen.request('staff.change-passphrase', { next: 'short' })).toMatchObject(
      failure('access.weak-passphrase'),
    );
    const [next, reset] = ['oltinchi bahor kuni', 'yangi soz nurga toldi'];
    expect((await desk.screen.request('staff.change-passphrase', { next })).ok).toBe(true);
    const input = { person: nurse, next: reset, proof: byWords(nurseWords) };
    expect((await desk.screen.request('staff.reset-passphrase', input)).ok).toBe(true);
    await desk.rig.workstation.lock();
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(false);
    expect((await unlock(desk, desk.head, byWords(next))).ok).toBe(true);
    expect((await unlock(desk, nurse, byWords(nurseWords))).ok).toBe(false);
    expect((await unlock(desk, nurse, byWords(reset))).ok).toBe(true);
    expect(await desk.screen.request('staff.reset-passphrase', input)).toMatchObject(
      failure('access.forbidden'),
    );
  });
});

describe('a way in that goes', () => {
  test('as lost: the data key is replaced, the session comes back by itself, drafts stay, the key opens nothing', async () => {
    const keys: Buffer[] = [];
    const openReplica: RigOptions['openReplica'] = (real) => (place) => {
      keys.push(Buffer.from(place.dataKey));
      return real(place);
    };
    const desk = await atWork({ openReplica });
    const { bench } = await enrolKey(desk, desk.head, null);
    const draft = await desk.screen.request('drafts.key', {});
    const state = desk.screen.open('workstation.state', {});
    await state.until(({ phase: shown }) => shown === 'unlocked');
    const lost = (await waysOf(desk.screen, desk.head)).find(({ method }) => method === 'fido2');
    if (lost === undefined) throw new Error('no key');
    expect((await desk.screen.request('keys.remove', { slot: lost.slot, reason: 'lost' })).ok).toBe(true);
    const phases = () => state.snapshots.map((shown) => shown.phase);
    await eventually(
      () => (phases().includes('locked') && phases().at(-1) === 'unlocked') || undefined,
      'the session to come back',
    );
    expect(desk.door.snapshots.some(({ rotation }) => rotation !== null)).toBe(true);
    await shown(desk, ({ rotation }) => rotation === null);
    expect(keys.at(-1)).not.toEqual(keys[0]);
    expect(await desk.screen.request('drafts.key', {})).toEqual(draft);
    expect(state.snapshots.at(-1)).toMatchObject({ failure: null, session: { person: { id: desk.head } } });
    await desk.rig.workstation.lock();
    expect(await unlock(desk, desk.head, byFinger)).toMatchObject({ ok: false });
    expect(bench.virtual.memory.fingers).toHaveLength(1);
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
  });

  test.each(['hand', 'key', 'card'] as const)(
    'a lock by %s while the data key is replaced keeps',
    async (by) => {
      let whileCopied = async (): Promise<void> => undefined;
      const copyRecords =
        (real: WorkstationParts['copyRecords']): WorkstationParts['copyRecords'] =>
        async (order) => {
          await whileCopied();
          return real(order);
        };
      const desk = await atWork({ copyRecords });
      const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
      const { bench } = await enrolKey(desk, desk.head, null);
      desk.sockets.present('CARD-1');
      const scan = await desk.screen.open('scans.latest', {}).until((shown) => shown !== null);
      await desk.screen.request('staff.bind-card', { person: desk.head, reading: scan?.reading ?? -1 });
      await desk.rig.workstation.lock();
      desk.sockets.present('CARD-1');
      expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);
      whileCopied = async () => {
        if (by === 'hand') void desk.rig.workstation.lock();
        if (by === 'key') bench.pipe.unplug();
        if (by === 'card') desk.sockets.take();
      };
      const sessions: boolean[] = [];
      const removed = await desk.screen.request('staff.remove', { person: nurse, reason: 'left' });
      expect(removed.ok).toBe(true);
      desk.rig.workstation.onChange(() => sessions.push(desk.rig.workstation.session() !== null));
      expect(await desk.rig.workstation.renewKey()).toEqual(failure('access.locked'));
      expect(phase(desk)).toBe('locked');
      // Not for one moment were records shown again.
      expect(sessions.lastIndexOf(true)).toBeLessThan(sessions.indexOf(false));
      expect(desk.rig.workstation.state().failure?.code ?? null).toBe(
        by === 'hand' ? null : 'access.device-removed',
      );
      expect(desk.rig.workstation.slots()?.isRotationDue()).toBe(false);
      expect(desk.rig.exchange.running).toBe(0);
    },
  );

  test('is for administrators, or one’s own; the last one stays', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    const [own] = await waysOf(desk.screen, desk.head);
    // Nobody names a passphrase.
    expect(own).toMatchObject({ method: 'passphrase', label: null });
    const remove = (slot: string | undefined) =>
      desk.screen.request('keys.remove', { slot: slot ?? '', reason: 'unwanted' });
    await unlock(desk, nurse, byWords(nurseWords));
    expect(await remove(own?.slot)).toMatchObject(failure('access.forbidden', { rule: 'own-keys' }));
    expect(await waysOf(desk.screen, desk.head)).toEqual([]);
    const [hers] = await waysOf(desk.screen, nurse);
    expect((await remove(hers?.slot)).ok).toBe(true);
    await unlock(desk, desk.head, byWords());
    expect(await remove(own?.slot)).toMatchObject(failure('access.forbidden', { rule: 'last-person' }));
    expect(await desk.screen.request('staff.remove', { person: desk.head, reason: 'x' })).toMatchObject(
      failure('access.forbidden', { rule: 'oneself' }),
    );
    const trail = desk.screen.open('audit.recent', {});
    const { rows } = await trail.until(() => true);
    const gone = rows.filter(({ action }) => action === 'keys.remove');
    expect(gone).toMatchObject([{ personId: nurse, subject: { id: nurse }, reason: 'unwanted' }]);
    expect((await desk.screen.request('staff.remove', { person: nurse, reason: 'left' })).ok).toBe(true);
    expect(desk.rig.workstation.state().people.map(({ id }) => id)).toEqual([desk.head]);
  });
});

describe('a card', () => {
  test('picks its owner and unlocks nothing; taken away it locks whom it picked, and nobody else', async () => {
    const desk = await atWork();
    const nurse = await desk.rig.addPerson(['nurse'], nurseWords);
    expect(await desk.screen.request('staff.bind-card', { person: nurse, reading: 5 })).toMatchObject(
      failure('record.not-found'),
    );
    desk.sockets.present('CARD-7');
    const scans = desk.screen.open('scans.latest', {});
    const scan = await scans.until((shown) => shown !== null);
    const binding = { person: nurse, reading: scan?.reading ?? -1 };
    expect((await desk.screen.request('staff.bind-card', binding)).ok).toBe(true);
    await desk.rig.workstation.lock();
    await shown(desk, ({ card }) => card === null);
    desk.sockets.present('CARD-7');
    expect((await shown(desk, ({ card }) => card !== null)).card?.person).toBe(nurse);
    expect(phase(desk)).toBe('locked');
    // Hers was picked, somebody else came in.
    expect((await unlock(desk, desk.head, byWords())).ok).toBe(true);
    desk.sockets.take();
    expect(phase(desk)).toBe('unlocked');
    await desk.rig.workstation.lock();
    desk.sockets.present('CARD-7');
    expect((await unlock(desk, nurse, byWords(nurseWords))).ok).toBe(true);
    desk.sockets.take();
    expect(phase(desk)).toBe('locked');
    await desk.rig.workstation.lock();
    // Taken before she came in: the next card on that reader is not hers.
    desk.sockets.present('CARD-7');
    desk.sockets.take();
    expect((await unlock(desk, nurse, byWords(nurseWords))).ok).toBe(true);
    desk.sockets.present('CARD-8');
    desk.sockets.take();
    expect(phase(desk)).toBe('unlocked');
  });
});
