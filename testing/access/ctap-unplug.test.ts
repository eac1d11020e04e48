import { describe, expect, test } from 'vitest';
import { openCtapKey } from '#access/ctap/ctap-key.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { createVirtualKey } from '../virtual-key/authenticator.ts';
import { byPin, type CtapBench, openCtapBench, operation, ownersPin } from '../virtual-key/ctap-bench.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import { plugIn } from '../virtual-key/plugged-key.ts';
import { ctap21Profile, previewProfile } from '../virtual-key/profiles.ts';

const salt = systemRandom.bytes(32);
const user = systemRandom.bytes(16);
const seed = systemRandom.bytes(32);
const profiles = { 'CTAP 2.1': ctap21Profile, FIDO_2_1_PRE: previewProfile };

/** What an operation came to: its failure, or undefined. */
type Run = (bench: CtapBench, credential: Uint8Array) => Promise<string | undefined>;

const failureOf = (result: { ok: true } | { ok: false; error: { failure: string } }): string | undefined =>
  result.ok ? undefined : result.error.failure;

const operations: Readonly<Record<string, Run>> = {
  makeCredential: async ({ key }) => failureOf(await key.createCredential({ ...operation(), user })),
  'makeCredential by PIN': async ({ key }) =>
    failureOf(await key.createCredential({ ...operation(byPin()), user })),
  getAssertion: async ({ key }, credential) =>
    failureOf(await key.releaseSecret({ ...operation(), credential, salt })),
  'getAssertion after a wrong finger': async ({ key, owner }, credential) => {
    owner({ finger: 'left thumb' });
    return failureOf(await key.releaseSecret({ ...operation(), credential, salt }));
  },
  'finger enrolment': async ({ key, owner }) => {
    owner({ finger: 'left index' });
    return failureOf(
      await key.enrolFinger({ ...operation(byPin()), name: 'left', onSample: () => undefined }),
    );
  },
  'the list of fingers': async ({ key }) => failureOf(await key.fingers(operation(byPin()))),
};

/** The same key every time, so that a credential made once is known to all of them. */
const freshBench = (profile: (typeof profiles)[keyof typeof profiles]): Promise<CtapBench> =>
  openCtapBench({
    random: systemRandom,
    timers: systemTimers,
    profile,
    memory: newKeyMemory(Uint8Array.from(seed), { pin: ownersPin, fingers: ['right index'] }),
  });

async function credentialFor(profile: (typeof profiles)[keyof typeof profiles]): Promise<Uint8Array> {
  const bench = await freshBench(profile);
  const made = await bench.key.createCredential({ ...operation(), user });
  if (!made.ok) throw new Error(made.error.failure);
  return made.value.credential;
}

describe.each(Object.entries(profiles))('unplugged, %s', (_name, profile) => {
  test.each(Object.entries(operations))(
    'at every report of %s: removed, told once, at once',
    async (name, run) => {
      const credential = await credentialFor(profile);
      const whole = await freshBench(profile);
      const before = whole.pipe.reports;
      const outcome = await run(whole, credential);
      expect(outcome).toBe(name.includes('wrong finger') ? 'finger-not-recognised' : undefined);
      const reports = whole.pipe.reports - before;
      expect(reports).toBeGreaterThan(8);
      for (let at = 1; at <= reports; at += 1) {
        const bench = await freshBench(profile);
        let told = 0;
        bench.key.onRemoved(() => (told += 1));
        bench.pipe.unplugAt(before + at);
        const began = performance.now();
        expect([at, await run(bench, credential)]).toEqual([at, 'removed']);
        expect(told).toBe(1);
        expect(performance.now() - began).toBeLessThan(1_000);
        expect(await run(bench, credential)).toBe('removed');
        // Half an enrolment leaves nothing behind.
        if (name === 'finger enrolment' && at < reports - 10)
          expect(bench.virtual.memory.fingers).toHaveLength(1);
      }
    },
  );

  test('while the channel is opened', async () => {
    for (const at of [1, 2]) {
      const touch = () => Promise.resolve('nothing' as const);
      const pipe = plugIn(createVirtualKey({ random: systemRandom, timers: systemTimers, profile, touch }));
      pipe.unplugAt(at);
      const opened = await openCtapKey(pipe, { id: 'x', random: systemRandom, timers: systemTimers });
      expect(opened).toEqual({ ok: false, error: { failure: 'removed' } });
    }
  });

  test('while it waits for a touch', async () => {
    const credential = await credentialFor(profile);
    const bench = await freshBench(profile);
    bench.owner('never');
    const waiting = bench.key.releaseSecret({ ...operation(), credential, salt });
    setTimeout(bench.pipe.unplug, 250);
    expect(await waiting).toEqual({ ok: false, error: { failure: 'removed' } });
  });
});
