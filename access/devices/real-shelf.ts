import type { Random, Timers } from '#clinic/ports/clock.ts';
import type { DeviceFact, DeviceRoad } from '#contracts/bridge/devices.ts';
import type { Result } from '#contracts/result.ts';
import { type CtapKey, openCtapKey } from '../ctap/ctap-key.ts';
import type { HidDescription } from '../drivers/reader-model.ts';
import { readerModels } from '../drivers/reader-models.ts';
import type { CredentialDevice, DeviceShelf } from '../ports.ts';
import {
  openWindowsLibraries,
  openWindowsRoad,
  type WindowsLibraries,
  type WindowsRoad,
} from '../windows/windows-road.ts';
import type { HidHost, OpenHid } from './hid-host.ts';
import { type HidClaim, type HidRegistry, openHidRegistry } from './hid-registry.ts';
import { openNodeHidHost } from './node-hid-host.ts';
import type { OpenShelf } from './open-shelf.ts';
import type { PcscLibrary } from './pcsc-library.ts';
import { openReader } from './reader-session.ts';
import type { ShelvedDevice } from './shelved-device.ts';
import { openSmartCards, type SmartCards } from './smart-cards.ts';
import { createTold } from './told.ts';
import { openWinscard } from './winscard.ts';

/** What a shelf of real devices touches the world with. */
export interface RealShelfOptions {
  readonly platform: NodeJS.Platform;
  readonly timers: Timers;
  readonly random: Random;
  /** Milliseconds of a clock that does not go back: `performance.now`. */
  readonly now: () => number;
  readonly openHidHost: (platform: NodeJS.Platform) => Promise<Result<HidHost, 'library-missing'>>;
  readonly openSmartCardLibrary: (
    platform: NodeJS.Platform,
  ) => Promise<Result<PcscLibrary, 'library-missing'>>;
  /** Called on Windows only. */
  readonly openWindowsLibraries: () => Promise<Result<WindowsLibraries, 'library-missing'>>;
}

/** The shelf of this machine's own devices: node-hid and the system's smart card service. */
export const openSystemShelf = (effects: Pick<RealShelfOptions, 'timers' | 'random' | 'now'>): OpenShelf =>
  openRealShelf({
    ...effects,
    platform: process.platform,
    openHidHost: openNodeHidHost,
    openSmartCardLibrary: openWinscard,
    openWindowsLibraries,
  });

/** Native libraries are loaded this long after start-up, when the first screen is there. */
const loadAfterMs = 500;

/**
 * Begins to look for keys, readers and scanners. Returns at once, with nothing on the shelf yet; what cannot be loaded is said by
 * `roads()`, and nothing here throws.
 */
export function openRealShelf(options: RealShelfOptions): OpenShelf {
  return new RealShelf(options);
}

class RealShelf implements OpenShelf {
  readonly #options: RealShelfOptions;
  readonly #changes = createTold();
  #hid: HidRegistry | 'library-missing' | undefined;
  #smartCards: SmartCards | 'library-missing' | undefined;
  #windows: WindowsRoad | 'library-missing' | undefined;
  #isClosed = false;
  readonly #cancelLoad: () => void;
  #loading: Promise<void> = Promise.resolve();

  constructor(options: RealShelfOptions) {
    this.#options = options;
    this.#cancelLoad = options.timers.after(loadAfterMs, () => {
      this.#loading = this.#load();
    });
  }

  readonly shelf: DeviceShelf = {
    credentialDevices: () => [...this.#keys(), ...this.#windowsKey()],
    fingerprintKeys: () => this.#keys(),
    cardReaders: () => this.#shelved().flatMap((one) => (one.kind === 'card-reader' ? [one.device] : [])),
    codeScanners: () => this.#shelved().flatMap((one) => (one.kind === 'scanner' ? [one.device] : [])),
    devices: () => this.#facts(),
    roads: () => [
      { road: 'usb', status: this.#hidStatus() },
      { road: 'smart-card', status: this.#smartCardStatus() },
      ...(this.#isWindows() ? [{ road: 'system-keys', status: this.#windowsStatus() } as const] : []),
    ],
    onChange: this.#changes.on,
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLoad();
    await this.#loading;
    const windows = typeof this.#windows === 'object' ? [this.#windows] : [];
    await Promise.all([...this.#opened(), ...windows].map((opened) => opened.close()));
  }

  async #load(): Promise<void> {
    await Promise.all([this.#loadHid(), this.#loadSmartCards(), this.#loadWindows()]);
  }

  async #loadWindows(): Promise<void> {
    if (!this.#isWindows()) return;
    const { random, timers } = this.#options;
    const libraries = await this.#options.openWindowsLibraries();
    if (this.#isClosed) return;
    this.#windows = libraries.ok
      ? openWindowsRoad({ libraries: libraries.value, random, timers, onChange: this.#changes.tell })
      : libraries.error;
    this.#changes.tell();
  }

  async #loadHid(): Promise<void> {
    const { platform, timers, now, openHidHost } = this.#options;
    const host = await openHidHost(platform);
    if (this.#isClosed) return;
    this.#hid = host.ok
      ? openHidRegistry({
          host: host.value,
          timers,
          now,
          claim: (device) => claimOf(device, this.#options),
          onChange: this.#changes.tell,
        })
      : host.error;
    this.#changes.tell();
  }

  async #loadSmartCards(): Promise<void> {
    const { platform, timers, openSmartCardLibrary } = this.#options;
    const library = await openSmartCardLibrary(platform);
    if (this.#isClosed) return;
    this.#smartCards = library.ok
      ? openSmartCards({ library: library.value, timers, onChange: this.#changes.tell })
      : library.error;
    this.#changes.tell();
  }

  #opened(): readonly (HidRegistry | SmartCards)[] {
    return [this.#hid, this.#smartCards].filter(
      (road): road is HidRegistry | SmartCards => typeof road === 'object',
    );
  }

  readonly #isWindows = (): boolean => this.#options.platform === 'win32';

  #windowsKey(): readonly CredentialDevice[] {
    const key = typeof this.#windows === 'object' ? this.#windows.credentialDevice() : undefined;
    return key === undefined ? [] : [key];
  }

  /** On Windows the system's own list has the keys: for whoever is no administrator, node-hid does not see them (DEV-7). */
  #facts(): readonly DeviceFact[] {
    const facts = this.#opened().flatMap((opened) => opened.facts());
    const windowsKeys = typeof this.#windows === 'object' ? this.#windows.facts() : undefined;
    if (windowsKeys === undefined) return facts;
    return [...facts.filter(({ kind }) => kind !== 'key'), ...windowsKeys];
  }

  #keys(): readonly CtapKey[] {
    return this.#shelved().flatMap((one) => (one.kind === 'key' ? [one.device] : []));
  }

  #shelved(): readonly ShelvedDevice[] {
    return this.#opened().flatMap((opened) => opened.devices());
  }

  #hidStatus(): DeviceRoad['status'] {
    if (typeof this.#hid !== 'object') return this.#hid ?? 'starting';
    return this.#hid.isAnswering() ? 'ready' : 'failed';
  }

  #windowsStatus(): DeviceRoad['status'] {
    return typeof this.#windows === 'object' ? this.#windows.status() : (this.#windows ?? 'starting');
  }

  #smartCardStatus(): DeviceRoad['status'] {
    if (typeof this.#smartCards !== 'object') return this.#smartCards ?? 'starting';
    return this.#smartCards.status();
  }
}

/** FIDO Alliance, usage of a CTAPHID device (CTAP 2.1, section 11.2.8.2). */
const isFidoKey = ({ usagePage, usage }: HidDescription): boolean => usagePage === 0xf1d0 && usage === 0x01;

function claimOf(device: HidDescription, options: RealShelfOptions): HidClaim | undefined {
  if (isFidoKey(device)) {
    return {
      kind: 'key',
      // Windows opens them for administrators only; webauthn.dll is the road there.
      isUsable: options.platform !== 'win32',
      start: (pipe, id) => startKey(pipe, id, options),
    };
  }
  const model = readerModels.find(({ matches }) => matches(device));
  if (model === undefined) return undefined;
  return { kind: model.kind, isUsable: true, start: (pipe, id) => openReader(id, model, pipe, options) };
}

async function startKey(
  pipe: OpenHid,
  id: string,
  { random, timers }: RealShelfOptions,
): Promise<ShelvedDevice | null> {
  const opened = await openCtapKey(pipe, { id, random, timers });
  if (!opened.ok) return null;
  const key = opened.value;
  return { kind: 'key', device: key, close: () => key.close() };
}
