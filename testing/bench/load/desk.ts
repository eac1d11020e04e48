import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { webSocketConnect } from '#sync/transports/websocket-transport.ts';
import type { Desk } from './documents.ts';
import { packing } from './packing.ts';

const clock = { now: () => Date.now() };
const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
const timers: Timers = {
  after: (waitMs, run) => {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};

/** A workstation without a screen: the real encrypted replica on a folder, and the real client. */
export interface BenchDesk extends Desk {
  /** Begins to exchange; the client reconnects as in the product, only sooner after a failure. */
  connect(): void;
  /** Ends the connection; {@link connect} begins another. */
  disconnect(): Promise<void>;
  pending(): number;
  /** The same as a question: looking at it often costs the client's thread nothing to speak of. */
  hasPending(): boolean;
  count(collection: CollectionName): number;
  /** Records that were committed here by anybody: how often, and when first ({@link exactNow}). */
  readonly commits: ReadonlyMap<RecordId, { readonly times: number; readonly firstAt: number }>;
  /** What was survived but should not happen. */
  readonly troubles: readonly unknown[];
  close(): Promise<void>;
}

/** Milliseconds since 1970 with fractions; comparable between the processes of one machine. */
export const exactNow = () => performance.timeOrigin + performance.now();

/** Enrols at `url` with `code` and opens the replica in `folder`. Does not connect yet. */
export async function openDesk(folder: string, url: string, code: string): Promise<BenchDesk> {
  const enrolled = await enrolDevice({
    connect: webSocketConnect(url, timers),
    centerUrl: url,
    code,
    label: 'bench',
    program: 'bench',
    random,
    timers,
  });
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const { identity, ticket } = enrolled.value;
  await mkdir(folder, { recursive: true });
  const replica = await openReplica({
    file: join(folder, 'records.sqlite'),
    key: randomBytes(32),
    patientIndex: createPatientIndex(patientSearchRules),
  });
  await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
  return run(replica, identity);
}

function run(replica: Awaited<ReturnType<typeof openReplica>>, identity: DeviceIdentity): BenchDesk {
  const troubles: unknown[] = [];
  const commits = new Map<RecordId, { times: number; firstAt: number }>();
  const endWatch = replica.onCommit(({ records }) => {
    for (const { id } of records) {
      const known = commits.get(id);
      if (known === undefined) commits.set(id, { times: 1, firstAt: exactNow() });
      else known.times += 1;
    }
  });
  let client: SyncClient | undefined;
  const disconnect = async () => {
    await client?.stop();
    client = undefined;
  };
  return {
    replica,
    scope: identity.scope,
    device: identity.device,
    commits,
    troubles,
    connect: () => {
      client = new SyncClient({
        replica,
        identity,
        connect: webSocketConnect(identity.centerUrl, timers),
        clock,
        timers,
        random,
        program: 'bench',
        packing,
        onTrouble: (trouble) => troubles.push(trouble),
      });
      client.start();
    },
    disconnect,
    pending: () => replica.outbox.counts().pending,
    hasPending: () => replica.outbox.newestPending() > 0,
    count: (collection) => replica.count(collection, {}),
    close: async () => {
      await disconnect();
      endWatch();
      await replica.close();
    },
  };
}

/** Waits until `isReached`, looking every `everyMs`; throws after `limitMs`, naming `what`. */
export async function until(
  what: string,
  isReached: () => boolean,
  limitMs: number,
  everyMs = 5,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!isReached()) {
    if (performance.now() > limit) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
