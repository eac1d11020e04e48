import { describe, expect, test } from 'vitest';
import { openCtapKey } from '#access/ctap/ctap-key.ts';
import { cancelGraceMs, longestWorkMs, silenceMs } from '#access/ctap/hid-channel.ts';
import { framesOf, hidCommand } from '#access/ctap/hid-frames.ts';
import type { HidPipe } from '#access/ctap/hid-pipe.ts';
import { keptProofMs } from '#access/ctap/release-secrets.ts';
import type { DeviceProgress } from '#access/ports.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { VirtualTime } from '../doubles/virtual-time.ts';
import { byFinger, type CtapBench, openCtapBench, operation } from '../virtual-key/ctap-bench.ts';

const salt = systemRandom.bytes(32);

interface World extends CtapBench {
  readonly time: VirtualTime;
  readonly credential: Uint8Array;
}

async function world(): Promise<World> {
  const time = new VirtualTime();
  const bench = await openCtapBench({ random: systemRandom, timers: time });
  const made = await bench.key.createCredential({ ...operation(), user: systemRandom.bytes(16) });
  if (!made.ok) throw new Error(made.error.failure);
  return { ...bench, time, credential: made.value.credential };
}

const release = async ({ key, credential }: World, signal?: AbortSignal, told?: DeviceProgress[]) => {
  const released = await key.releaseSecret({ ...operation(byFinger, signal, told), credential, salt });
  return released.ok ? 'a secret' : released.error.failure;
};

/** How an operation ends when only this much time may pass, and how much did. */
async function within(
  time: VirtualTime,
  limitMs: number,
  running: Promise<string>,
): Promise<readonly [string, number]> {
  const began = time.now();
  let end: string | undefined;
  void running.then((how) => {
    end = how;
  });
  await time.advanceUntil(() => end !== undefined, limitMs);
  return [end ?? 'still waiting', time.now() - began];
}

/** What the host sent, as commands, since `from`. */
function spy(bench: CtapBench): number[] {
  const commands: number[] = [];
  const { receive } = bench.virtual;
  bench.virtual.receive = (report) => {
    const kind = report[4] ?? 0;
    if (kind & 0x80) commands.push(kind & 0x7f);
    receive(report);
  };
  return commands;
}

describe('the channel to a key', () => {
  test('gives up a key that says nothing, and begins anew with it', async () => {
    const bench = await world();
    bench.virtual.breakFraming('silent');
    expect(await within(bench.time, 60_000, release(bench))).toEqual(['no-answer', silenceMs]);
    bench.virtual.breakFraming(undefined);
    const commands = spy(bench);
    expect(await release(bench)).toBe('a secret');
    expect(commands[0]).toBe(hidCommand.init);
  });

  test('passes by an answer that comes only when it begins anew, whole or cut short', async () => {
    for (const mischief of ['late-answer', 'late-half-answer'] as const) {
      const bench = await world();
      bench.virtual.breakFraming(mischief);
      expect(await within(bench.time, 60_000, release(bench))).toEqual(['no-answer', silenceMs]);
      bench.virtual.breakFraming(undefined);
      expect(await within(bench.time, 60_000, release(bench))).toEqual(['a secret', 0]);
    }
  });

  test('waits for a touch as long as the key sends keep-alives, but not for ever', async () => {
    const bench = await world();
    bench.owner('never');
    const told: DeviceProgress[] = [];
    const waiting = release(bench, undefined, told);
    expect(await within(bench.time, longestWorkMs - 1_000, waiting)).toEqual([
      'still waiting',
      expect.any(Number),
    ]);
    expect(told).toEqual(['touch-now']);
    const [end] = await within(bench.time, 5_000, waiting);
    expect(end).toBe('timed-out');
    bench.owner({ finger: 'right index' });
    expect(await release(bench)).toBe('a secret');
  });

  test('gives up a key that works for ever and does not hear the cancel', async () => {
    const bench = await world();
    bench.virtual.breakFraming('keep-alive-for-ever');
    const [end, took] = await within(bench.time, 200_000, release(bench));
    expect([end, took]).toEqual(['timed-out', longestWorkMs + cancelGraceMs]);
    bench.virtual.breakFraming(undefined);
    expect(await release(bench)).toBe('a secret');
  });

  test('tells the key of a cancel and waits for its word', async () => {
    const bench = await world();
    bench.owner('never');
    const abort = new AbortController();
    const commands = spy(bench);
    const waiting = release(bench, abort.signal);
    await bench.time.advance(1_000);
    expect(commands).not.toContain(hidCommand.cancel);
    abort.abort();
    expect(await within(bench.time, cancelGraceMs, waiting)).toEqual(['cancelled', 0]);
    expect(commands.filter((each) => each === hidCommand.cancel)).toHaveLength(1);
    // The key said itself that it is free: no need to begin anew.
    bench.owner({ finger: 'right index' });
    expect(await release(bench)).toBe('a secret');
    expect(commands).not.toContain(hidCommand.init);
  });

  test('a cancel that the key does not hear ends all the same', async () => {
    const bench = await world();
    bench.virtual.breakFraming('keep-alive-for-ever');
    const abort = new AbortController();
    const waiting = release(bench, abort.signal);
    await bench.time.advance(500);
    abort.abort();
    expect(await within(bench.time, 60_000, waiting)).toEqual(['cancelled', cancelGraceMs]);
  });

  test('an answer that comes after the cancel is not used', async () => {
    const bench = await world();
    const abort = new AbortController();
    const told: DeviceProgress[] = [];
    const waiting = bench.key.releaseSecret({
      ...operation(byFinger, abort.signal, told),
      onProgress: () => abort.abort(),
      credential: bench.credential,
      salt,
    });
    expect(await waiting).toEqual({ ok: false, error: { failure: 'cancelled' } });
    expect(await release(bench)).toBe('a secret');
  });

  test('tries a busy key again, a bounded number of times', async () => {
    const bench = await world();
    bench.virtual.answerBusy(4);
    expect(await within(bench.time, 10_000, release(bench))).toEqual(['a secret', 100 + 200 + 400 + 800]);
    bench.virtual.answerBusy(1_000);
    const commands = spy(bench);
    expect(await within(bench.time, 10_000, release(bench))).toEqual(['busy', 1_500]);
    expect(commands).toHaveLength(5);
    const abort = new AbortController();
    const waiting = release(bench, abort.signal);
    await bench.time.advance(50);
    abort.abort();
    expect(await within(bench.time, 10_000, waiting)).toEqual(['cancelled', 0]);
  });

  test('asks for a new channel when the key has lost it, once', async () => {
    const bench = await world();
    bench.virtual.loseChannel(1);
    expect(await release(bench)).toBe('a secret');
    bench.virtual.loseChannel(1_000);
    expect(await release(bench)).toBe('garbled');
  });

  test("takes another program's channel for its own never", async () => {
    const bench = await world();
    // Another program asks for a channel and gets its answer on the broadcast channel, while ours opens as well.
    const other = new Uint8Array(17).fill(9);
    const foreign = framesOf(0xffff_ffff, hidCommand.init, other);
    let isFirst = true;
    const pipe: HidPipe = {
      ...bench.pipe,
      onReport: (told) => {
        const stop = bench.pipe.onReport((report) => {
          if (isFirst) for (const frame of foreign) told(frame);
          isFirst = false;
          told(report);
        });
        return stop;
      },
    };
    const opened = await openCtapKey(pipe, { id: 'second', random: systemRandom, timers: bench.time });
    expect(opened.ok && (await opened.value.info({ signal: new AbortController().signal })).ok).toBe(true);
  });

  test("a finger's proof serves the next credential for a moment only", async () => {
    const bench = await world();
    const foreign = await world();
    const askForForeign = () =>
      bench.key.releaseSecret({ ...operation(), credential: foreign.credential, salt });
    bench.owner({ finger: 'right index' }, 'never');
    expect(await askForForeign()).toMatchObject({ error: { failure: 'no-credential' } });
    await bench.time.advance(keptProofMs + 1);
    const told: DeviceProgress[] = [];
    const waiting = release(bench, undefined, told);
    expect(await within(bench.time, 1_000, waiting)).toEqual(['still waiting', expect.any(Number)]);
    expect(told).toEqual(['touch-now']);
    bench.pipe.unplug();
    expect(await waiting).toBe('removed');
  });

  test('does not hang on a pipe that never writes, and closes it', async () => {
    const bench = await world();
    let closed = 0;
    const stuck: HidPipe = {
      write: () => new Promise(() => undefined),
      onReport: () => () => undefined,
      onClosed: () => () => undefined,
      close: async () => {
        closed += 1;
      },
    };
    const opening = openCtapKey(stuck, { id: 'stuck', random: systemRandom, timers: bench.time });
    const end = opening.then((opened) => (opened.ok ? 'opened' : opened.error.failure));
    expect(await within(bench.time, 60_000, end)).toEqual(['no-answer', silenceMs]);
    expect(closed).toBe(1);
  });

  test('of a key without CTAP2 is not opened', async () => {
    const bench = await world();
    const plain: HidPipe = {
      ...bench.pipe,
      onReport: (told) =>
        bench.pipe.onReport((report) => {
          // The capability byte of the answer to INIT: no CBOR.
          told(report.map((byte, at) => (at === 7 + 16 ? byte & ~0x04 : byte)));
        }),
    };
    const opened = await openCtapKey(plain, { id: 'plain', random: systemRandom, timers: bench.time });
    expect(opened).toEqual({ ok: false, error: { failure: 'not-supported', lacks: 'ctap2' } });
  });

  test('leaves no timer and no listener behind', async () => {
    const bench = await world();
    expect(await release(bench)).toBe('a secret');
    await bench.time.advance(60_000);
    expect(bench.time.waiting).toBe(0);
  });
});
