// Part of the roots main.ts, main-development.ts and Electron's workstation process: names the concrete adapters.
import { join } from 'node:path';
import { deriveInThread } from '#access/argon2-thread.ts';
import { type HeldFolder, holdDataFolder } from '#access/data-folder.ts';
import type { OpenShelf } from '#access/devices/open-shelf.ts';
import { type DeviceShelf, emptyShelf } from '#access/ports.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { ok, type Result } from '#contracts/result.ts';
import { copyWithNewKey } from '#store/copy-with-new-key.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { loadDeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { type PackingDictionary, readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { HeldDictionaries } from '#sync/packing/held-dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { webSocketConnect } from '#sync/transports/websocket-transport.ts';
import { createLog, type Log, type LogLine } from './log.ts';
import { clearProcessMemory } from './memory-clearing.ts';
import { countOpenReviews } from './open-reviews.ts';
import { type CenterOrders, type Exchange, usualIdleLockMs, type WorkstationParts } from './parts.ts';
import { loadReferenceData } from './reference-files.ts';
import { systemClock, systemRandom, systemTimers } from './system-effects.ts';
import { Workstation } from './workstation.ts';

/** Name and version for the center's page. */
const program = 'hamshira 0.1.0';
/** Name of the database file in the workstation's folder. */
export const databaseFileName = 'records.sqlite';

export interface CompositionOptions {
  /** Data folder; made if need be. */
  readonly folder: string;
  readonly writeLog: LogLine;
  /** Begins to look for this machine's devices; only release roots give it. */
  readonly openDevices?: () => OpenShelf;
  /** Makes the development devices; only development roots give it. */
  readonly openSimulatedShelf?: (folder: string) => Promise<DeviceShelf>;
  readonly idleLockMs?: number;
}

/** A workstation on this machine's disk, clock and network, and the folder it holds. */
export interface ComposedWorkstation {
  readonly workstation: Workstation;
  readonly log: Log;
  /** Locks, and lets go of the folder. */
  close(): Promise<void>;
}

/**
 * Joins store, sync and access. Fails with `store.in-use` when another process holds the folder, `store.disk-full`, or
 * `store.damaged` when the system refuses access to it.
 */
export async function composeWorkstation(options: CompositionOptions): Promise<Result<ComposedWorkstation>> {
  const held = await holdDataFolder(options.folder);
  if (!held.ok) return held;
  try {
    return ok(await composeIn(options, held.value));
  } catch (error) {
    held.value.release();
    throw error;
  }
}

async function composeIn(options: CompositionOptions, held: HeldFolder): Promise<ComposedWorkstation> {
  const devices = await openDevicesOf(options);
  try {
    const log = createLog(options.writeLog, systemClock);
    const workstation = await Workstation.create(partsOf(options, log, devices.shelf));
    return { workstation, log, close: () => closeDown(workstation, devices, held) };
  } catch (error) {
    await devices.close();
    throw error;
  }
}

async function closeDown(workstation: Workstation, devices: OpenShelf, held: HeldFolder): Promise<void> {
  await workstation.close();
  await devices.close();
  held.release();
}

async function openDevicesOf(options: CompositionOptions): Promise<OpenShelf> {
  const { folder, openDevices, openSimulatedShelf } = options;
  if (openDevices !== undefined) return openDevices();
  const shelf = openSimulatedShelf === undefined ? emptyShelf : await openSimulatedShelf(folder);
  return { shelf, close: async () => undefined };
}

function partsOf(options: CompositionOptions, log: Log, devices: DeviceShelf): WorkstationParts {
  const { folder, openSimulatedShelf } = options;
  const dictionaries = readBuiltInDictionaries();
  return {
    folder,
    log,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    derivePassphraseKey: deriveInThread,
    devices,
    hasSimulatedDevices: openSimulatedShelf !== undefined,
    idleLockMs: options.idleLockMs ?? usualIdleLockMs,
    reference: loadReferenceData(),
    clearMemory: clearProcessMemory,
    openReplica: (place) =>
      openReplica({
        file: join(place.folder, databaseFileName),
        key: place.dataKey,
        patientIndex: createPatientIndex(patientSearchRules),
        onTrouble: (trouble) => void log.incident(trouble),
      }),
    copyRecords: async ({ from, to, ...order }) => {
      await copyWithNewKey({ ...order, from: join(from, databaseFileName), to: join(to, databaseFileName) });
      return { isOwnFile: (name) => name.startsWith(databaseFileName) };
    },
    readIdentity: (replica) => loadDeviceIdentity(replica.settings) ?? null,
    enrolDevice: askCenter,
    startExchange: (replica, orders) => startExchange(replica, orders, log, dictionaries),
  };
}

const askCenter: WorkstationParts['enrolDevice'] = async ({ center, code, label }) => {
  const enrolled = await enrolDevice({
    connect: webSocketConnect(center, systemTimers),
    centerUrl: center,
    code,
    label,
    program,
    random: systemRandom,
    timers: systemTimers,
  });
  if (!enrolled.ok) return enrolled;
  const { identity, ticket } = enrolled.value;
  return ok({
    device: identity.device,
    scope: identity.scope,
    keep: (transaction) => saveDeviceIdentity(transaction.settings, identity, ticket),
  });
};

function startExchange(
  replica: Replica,
  orders: CenterOrders,
  log: Log,
  builtInDictionaries: readonly PackingDictionary[],
): Exchange {
  const identity = loadDeviceIdentity(replica.settings);
  if (identity === undefined) throw new Error('an enrolled workstation has an identity');
  const held = new HeldDictionaries(builtInDictionaries, replica, identity.centerKey);
  const client = new SyncClient({
    replica,
    identity,
    program,
    connect: webSocketConnect(identity.centerUrl, systemTimers),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    countOpenReviews,
    packing: {
      packings: ['zstd', 'deflate'],
      createPacker,
      get dictionaries() {
        return held.read();
      },
    },
    onWipe: () => orders.wipe(),
    onTrouble: (trouble) => void log.incident(trouble),
  });
  client.start();
  return {
    state: () => client.state(),
    onChange: (told) => client.onState(told),
    hurry: () => client.syncNow(),
    stop: () => client.stop(),
  };
}
