import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { type CenterOptions, type RunningCenter, startCenter } from '#center/start-center.ts';
import { systemEffects } from '#center/system-effects.ts';
import { type PersonId, PersonIdSchema, type RecordId, type Scope } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import { SyncClient, type SyncClientOptions } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { webSocketConnect } from '#sync/transports/websocket-transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { newDataFolder } from '../center/center-world.ts';
import { facilityRecord } from '../center/test-records.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';

export const clock = { now: () => Date.now() };
const { timers } = systemEffects(() => undefined);

/** A workstation with its replica in memory, and who works at it. */
export interface Desk {
  readonly scope: Scope;
  readonly replica: MemoryReplica;
  readonly identity: DeviceIdentity;
  readonly person: PersonId;
  readonly random: SeededRandom;
  /** The client of its present life; not started by itself. */
  client: SyncClient;
}

/** A real center on embedded PostgreSQL, and the desks that enrolled with it over WebSockets. */
export interface CenterWithDesks {
  readonly center: RunningCenter;
  readonly desks: readonly Desk[];
  /** Another desk of the facility, with an empty replica. Throws with the code if it is refused. */
  enrol(scope: Scope): Promise<Desk>;
  /** A client on a desk's replica, or on a copy of it. */
  clientOf(desk: Pick<Desk, 'replica' | 'identity'>): SyncClient;
  /** The next life of a desk whose client was stopped: another client on the same replica, started. */
  startAgain(desk: Desk): void;
  stopAll(): Promise<void>;
  isAllSent(): boolean;
  close(): Promise<void>;
}

export interface CenterWithDesksOptions {
  readonly facilities: readonly Scope[];
  readonly random: SeededRandom;
  readonly center?: Pick<CenterOptions, 'effects'>;
  readonly client?: Pick<SyncClientOptions, 'limits' | 'packing'>;
}

/** Starts the center with its facilities; everything it opens is closed by `close`. */
export async function openCenterWithDesks(options: CenterWithDesksOptions): Promise<CenterWithDesks> {
  const { random } = options;
  const folder = await newDataFolder();
  const center = await startCenter({ dataFolder: folder, log: () => undefined, ...options.center });
  for (const facility of options.facilities) await center.createFacility(facilityRecord(facility));
  const desks: Desk[] = [];
  const stopAll = async () => void (await Promise.all(desks.map(({ client }) => client.stop())));
  const clientOf: CenterWithDesks['clientOf'] = (desk) => createDeskClient(desk, random, options.client);
  return {
    center,
    desks,
    enrol: async (scope) => {
      const { replica, identity } = await enrolReplica(center, scope, random);
      const person = v.parse(PersonIdSchema, uuidV7(clock.now(), random));
      const desk = { scope, replica, identity, person, random, client: clientOf({ replica, identity }) };
      desks.push(desk);
      return desk;
    },
    clientOf,
    startAgain: (desk) => {
      desk.client = clientOf(desk);
      desk.client.start();
    },
    stopAll,
    isAllSent: () => desks.every(({ replica }) => replica.outbox.counts().pending === 0),
    close: async () => {
      await stopAll();
      await center.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A client on a desk's replica that soon tries again; not started. */
export const createDeskClient = (
  { replica, identity }: Pick<Desk, 'replica' | 'identity'>,
  random: SeededRandom,
  more: CenterWithDesksOptions['client'] = {},
): SyncClient =>
  new SyncClient({
    replica,
    identity,
    connect: webSocketConnect(identity.centerUrl, timers),
    clock,
    timers,
    random,
    program: 'test',
    ...more,
    limits: { backOffFromMs: 50, backOffToMs: 200, ...more.limits },
  });

async function enrolReplica(center: RunningCenter, scope: Scope, random: SeededRandom) {
  const { code } = await center.createEnrolmentCode(scope);
  return await enrolWithCode(center.url, code, random);
}

/** An empty replica, enrolled by a code. Throws with the code of the error if it is refused. */
export async function enrolWithCode(centerUrl: string, code: string, random: SeededRandom) {
  const connect = webSocketConnect(centerUrl, timers);
  const order = { connect, centerUrl, code, label: 'desk', program: 'test', random, timers };
  const enrolled = await enrolDevice(order);
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const { identity, ticket } = enrolled.value;
  const replica = new MemoryReplica();
  await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
  return { replica, identity };
}

/** Saves the whole new body of a record as an action of the desk does: it is on its way to the center. */
export const saveAt = <C extends CollectionName>(
  { replica, identity, person, scope, random }: Desk,
  collection: C,
  id: RecordId,
  body: BodyByCollection[C],
) =>
  replica.transact((transaction) =>
    recordLocalWrite(transaction, {
      collection,
      id,
      body,
      scope,
      author: person,
      device: identity.device,
      at: clock.now(),
      random,
    }),
  );

/** Saves a changed body of a record that the desk has. */
export const changeAt = <C extends CollectionName>(
  desk: Desk,
  collection: C,
  id: RecordId,
  edit: (body: BodyByCollection[C]) => BodyByCollection[C],
) => {
  const stored = desk.replica.get(collection, id);
  if (stored === undefined) throw new Error(`no ${collection}`);
  return saveAt(desk, collection, id, edit(stored.body));
};
