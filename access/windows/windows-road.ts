import type { Random, Timers } from '#clinic/ports/clock.ts';
import type { DeviceFact, DeviceRoad } from '#contracts/bridge/devices.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { CredentialDevice } from '../ports.ts';
import { type KeyPresence, openKeyPresence } from './key-presence.ts';
import { openSystemLoader } from './native-loader.ts';
import { openWebauthnDll, type WebauthnObstacle } from './webauthn-dll.ts';
import { type OperationTurn, WebauthnKey } from './webauthn-key.ts';
import type { WebauthnLibrary } from './webauthn-library.ts';

/** What Windows has for security keys. */
export interface WindowsLibraries {
  readonly webauthn: Result<WebauthnLibrary, WebauthnObstacle>;
  /** Undefined: nobody can tell whether a key is there, or was pulled out. */
  readonly presence: KeyPresence | undefined;
}

/** The road to security keys on Windows. */
export interface WindowsRoad {
  status(): DeviceRoad['status'];
  /** Whatever key Windows reaches; there even while none is plugged in, since its dialog asks for one. */
  credentialDevice(): CredentialDevice | undefined;
  /** The keys that are plugged in. Undefined: that cannot be told here. */
  facts(): readonly DeviceFact[] | undefined;
  close(): Promise<void>;
}

const pollMs = 1_000;
/** So many looks in a row must fail before the list of keys is no longer shown. */
const failuresTold = 3;
const mostKeys = 32;

/** Loads the libraries of this system. Fails where koffi or the system's folder is not there; never throws. */
export async function openWindowsLibraries(
  systemRoot = process.env.SystemRoot,
): Promise<Result<WindowsLibraries, 'library-missing'>> {
  const loader = systemRoot === undefined ? undefined : await openSystemLoader(systemRoot);
  if (loader === undefined) return fail('library-missing');
  const presence = openKeyPresence(loader);
  return ok({
    webauthn: openWebauthnDll(loader),
    presence: presence.ok ? presence.value : undefined,
  });
}

export function openWindowsRoad(options: {
  readonly libraries: WindowsLibraries;
  readonly random: Random;
  readonly timers: Timers;
  /** Told after a key came or went. */
  readonly onChange: () => void;
}): WindowsRoad {
  const { libraries, random, timers, onChange } = options;
  const { webauthn, presence } = libraries;
  const turn: OperationTurn = { isTaken: false };
  let opened = 0;
  const openKey = (): WebauthnKey | undefined => {
    opened += 1;
    return webauthn.ok
      ? new WebauthnKey({ id: `windows-${opened}`, library: webauthn.value, turn, random, timers })
      : undefined;
  };
  let key = openKey();
  /** Names that Windows has for the keys that are there, and what we call them: plugged in again it is another one. */
  let idsByName: ReadonlyMap<string, string> | undefined;
  let seen = 0;
  let failures = 0;
  let isClosed = false;
  let cancelPoll = (): void => undefined;

  const take = (listed: ReadonlySet<string>): void => {
    const hadFailed = failures >= failuresTold;
    failures = 0;
    const before = idsByName;
    const newId = (): string => {
      seen += 1;
      return `windows-key-${seen}`;
    };
    idsByName = new Map([...listed].slice(0, mostKeys).map((name) => [name, before?.get(name) ?? newId()]));
    const isKeyGone = before !== undefined && [...before.keys()].some((name) => !listed.has(name));
    const isNews = isKeyGone || before?.size !== idsByName.size || hadFailed;
    if (isKeyGone) {
      // Which of them unlocked is not known to us, so any of them locks.
      const gone = key;
      key = openKey();
      gone?.remove();
    }
    if (isNews) onChange();
  };
  const look = async (): Promise<void> => {
    const listed = await presence?.list().catch(() => undefined);
    if (isClosed) return;
    if (listed === undefined) failures += 1;
    if (listed !== undefined) take(listed);
    else if (failures === failuresTold && idsByName !== undefined) onChange();
  };
  let looking: Promise<void> = Promise.resolve();
  const poll = (): void => {
    looking = look().finally(() => {
      if (!isClosed) cancelPoll = timers.after(pollMs, poll);
    });
  };
  if (presence !== undefined) poll();

  return {
    status: () => (webauthn.ok ? 'ready' : webauthn.error),
    credentialDevice: () => key,
    facts: () =>
      idsByName === undefined || failures >= failuresTold
        ? undefined
        : [...idsByName.values()].map((id) => ({
            id,
            kind: 'key',
            name: '',
            status: webauthn.ok ? 'ready' : 'not-usable-on-this-system',
          })),
    close: async () => {
      isClosed = true;
      cancelPoll();
      await looking;
      key?.remove();
    },
  };
}
