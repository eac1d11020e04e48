import { cborMap } from '#access/ctap/cbor.ts';
import { decodeCbor } from '#access/ctap/cbor-decode.ts';
import { asMap } from '#access/ctap/cbor-fields.ts';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import { getAssertion, makeCredential } from './credential-commands.ts';
import { fingerCommands } from './finger-commands.ts';
import { type FrameMischief, HidSide, type WorkCall } from './hid-side.ts';
import { type KeyMemory, newKeyMemory } from './key-memory.ts';
import { clientPin } from './pin-commands.ts';
import { ctap21Profile, type KeyProfile } from './profiles.ts';
import { answerWith, KeyRefusal, KeySession, type Lie, refuse, status, type Touch } from './session.ts';

/** What a virtual key is made of. */
export interface VirtualKeyParts {
  readonly random: Random;
  readonly timers: Timers;
  /** Usually {@link ctap21Profile}. */
  readonly profile?: KeyProfile;
  /** Kept over power cycles; usually a new key. */
  readonly memory?: KeyMemory;
  /** What the owner does when the key blinks. Must settle once the signal is aborted. */
  readonly touch: (signal: AbortSignal) => Promise<Touch>;
}

/**
 * A software FIDO2 key: CTAPHID reports in, reports out, everything a real one does with them. For tests in this process,
 * and for a program behind /dev/uhid in a guest (no test framework in here).
 */
export interface VirtualKey {
  /** One report of 64 bytes from the host. */
  receive(report: Uint8Array): void;
  /** Told each report to the host. Returns a function that ends it. */
  onReport(told: (report: Uint8Array) => void): () => void;
  /** As pulled out and put in again: what is in memory stays, all else is forgotten. */
  powerCycle(): void;
  readonly memory: KeyMemory;
  /** Whether it is in the middle of learning a finger. */
  readonly isEnrolling: boolean;
  /** From now on the key lies in this way. Undefined: it is honest again. */
  lie(how: Lie | undefined): void;
  /** From now on its framing is broken in this way. */
  breakFraming(how: FrameMischief | undefined): void;
  /** The next so many requests get "channel busy", or "invalid channel". */
  answerBusy(times: number): void;
  loseChannel(times: number): void;
}

export function createVirtualKey(parts: VirtualKeyParts): VirtualKey {
  const { random, timers, touch, profile = ctap21Profile } = parts;
  const memory = parts.memory ?? newKeyMemory(random.bytes(32));
  let session = new KeySession({ profile, memory, random, timers, touch });
  const hid = new HidSide({ timers, work: (request, call) => answer(session, request, call) });
  return {
    memory,
    get isEnrolling() {
      return session.enrolment !== undefined;
    },
    receive: (report) => hid.receive(report),
    onReport: (told) => hid.onReport(told),
    powerCycle: () => {
      hid.stop();
      const { lie } = session;
      session = new KeySession({ profile, memory, random, timers, touch });
      session.lie = lie;
    },
    lie: (how) => {
      session.lie = how;
    },
    breakFraming: (how) => {
      hid.mischief = how;
    },
    answerBusy: (times) => {
      hid.busyAnswers = times;
    },
    loseChannel: (times) => {
      hid.lostChannels = times;
    },
  };
}

async function answer(session: KeySession, request: Uint8Array, call: WorkCall): Promise<Uint8Array> {
  try {
    return twisted(await dispatch(session, request, call), session.lie);
  } catch (error) {
    if (error instanceof KeyRefusal) return Uint8Array.of(error.status);
    throw error;
  }
}

async function dispatch(session: KeySession, request: Uint8Array, call: WorkCall): Promise<Uint8Array> {
  const [command] = request;
  if (command === 0x04) return getInfo(session);
  if (command === 0x07) return reset(session, call);
  if (command === 0x08) return refuse(status.notAllowed);
  if (command === 0x0b) return selection(session, call);
  const decoded = decodeCbor(request.subarray(1));
  const map = decoded.ok ? asMap(decoded.value) : undefined;
  if (map === undefined) return refuse(request.length === 1 ? status.invalidCommand : status.invalidCbor);
  switch (command) {
    case 0x01:
      return makeCredential(session, map, call);
    case 0x02:
      return getAssertion(session, map, call);
    case 0x06:
      return clientPin(session, map, call);
    default:
      if (command !== undefined && command === session.profile.fingerCommand) {
        return fingerCommands(session, map, call);
      }
      return refuse(status.invalidCommand);
  }
}

function getInfo({ profile, memory }: KeySession): Uint8Array {
  const hasFinger = memory.fingers.length > 0;
  const canFinger = profile.fingerCommand !== undefined || hasFinger;
  const options = cborMap([
    ['up', true],
    ['rk', false],
    ['plat', false],
    ['uv', canFinger ? hasFinger : undefined],
    ['clientPin', profile.hasPin ? memory.pinHash !== undefined : undefined],
    ['pinUvAuthToken', profile.hasToken ? true : undefined],
    ['bioEnroll', profile.fingerCommand === 0x09 ? hasFinger : undefined],
    ['uvBioEnroll', profile.fingerCommand === 0x09 ? true : undefined],
    ['userVerificationMgmtPreview', profile.fingerCommand === 0x40 ? hasFinger : undefined],
  ]);
  const algorithm = cborMap([
    ['alg', -7],
    ['type', 'public-key'],
  ]);
  return answerWith([
    [1, profile.versions],
    [2, profile.extensions],
    [3, Buffer.from('00000000000000000000000076697274', 'hex')],
    [4, options],
    [5, 1_200],
    [6, profile.protocols],
    [7, 8],
    [8, 128],
    [9, ['usb']],
    [10, [algorithm]],
    [13, profile.hasPin ? 4 : undefined],
    [14, 1],
    [21, profile.vendorCommands],
  ]);
}

/** authenticatorSelection: the owner touches the key she means. */
async function selection(session: KeySession, call: WorkCall): Promise<Uint8Array> {
  await session.waitForTouch(call);
  return answerWith([]);
}

/** Real keys allow it only in the first ten seconds; this one always, at a touch. */
async function reset(session: KeySession, call: WorkCall): Promise<Uint8Array> {
  await session.waitForTouch(call);
  Object.assign(session.memory, newKeyMemory(session.random.bytes(32)));
  session.token = undefined;
  session.pinFailuresInOneGo = 0;
  return answerWith([]);
}

/** The answer, with its encoding broken on purpose. */
function twisted(good: Uint8Array, lie: Lie | undefined): Uint8Array {
  if (good.length < 2) return good;
  switch (lie) {
    case 'truncated':
      return good.subarray(0, good.length - 1);
    case 'left-over':
      return Uint8Array.from([...good, 0]);
    case 'duplicate-keys':
      return Uint8Array.of(status.ok, 0xa2, 0x01, 0x00, 0x01, 0x00);
    case 'unsorted':
      return Uint8Array.of(status.ok, 0xa2, 0x02, 0x00, 0x01, 0x00);
    case 'no-cbor':
      return Uint8Array.of(status.ok, 0xff, 0xff);
    default:
      return good;
  }
}
