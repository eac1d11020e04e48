import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import { type CollectionName, collectionNames } from '#contracts/records/registry.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';
import { bucketOf, RecordDigest } from '../../merge/digest.ts';
import type { KnownVersions } from './known-versions.ts';

/** Records looked at between two pauses: some milliseconds. */
const slice = 2000;

/** One record as it counts. */
export interface CountedVersion {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly rev: Revision;
}

/** How a scan lets others work, and learns that it is in vain. */
export interface ScanEnvironment {
  /** Resolves a moment later. */
  readonly pause: () => Promise<void>;
  /** The replica changed since the scan began. */
  readonly isStale: () => boolean;
}

/** Goes through every record that counts, in slices. Returns false if the replica changed meanwhile: begin again. */
async function scan(
  reader: ReplicaReader,
  known: KnownVersions,
  { pause, isStale }: ScanEnvironment,
  see: (version: CountedVersion) => void,
): Promise<boolean> {
  for (const each of known.unreadable) see(each);
  for (const collection of collectionNames) {
    let after: RecordId | null = null;
    for (;;) {
      const page: ReturnType<ReplicaReader['revisions']> = reader.revisions(collection, after, slice);
      for (const { id, rev } of page) {
        const counted = known.countAs(collection, id, rev);
        if (counted !== null) see({ collection, id, rev: counted });
      }
      after = page.at(-1)?.id ?? null;
      await pause();
      if (isStale()) return false;
      if (page.length < slice) break;
    }
  }
  return true;
}

/** Digests of the replica by bucket, 32 hex digits each (DIG-1); undefined if it changed meanwhile. */
export async function digestReplica(
  reader: ReplicaReader,
  known: KnownVersions,
  environment: ScanEnvironment,
): Promise<readonly string[] | undefined> {
  const digests = Array.from({ length: digestBuckets }, () => new RecordDigest());
  const isWhole = await scan(reader, known, environment, ({ collection, id, rev }) => {
    digests[bucketOf(id)]?.toggle(collection, id, rev);
  });
  return isWhole ? digests.map(String) : undefined;
}

/** The records of some buckets by key; undefined if the replica changed meanwhile. */
export async function versionsInBuckets(
  reader: ReplicaReader,
  known: KnownVersions,
  buckets: ReadonlySet<number>,
  environment: ScanEnvironment,
): Promise<ReadonlyMap<string, CountedVersion> | undefined> {
  const versions = new Map<string, CountedVersion>();
  const isWhole = await scan(reader, known, environment, (version) => {
    if (buckets.has(bucketOf(version.id))) versions.set(`${version.collection}/${version.id}`, version);
  });
  return isWhole ? versions : undefined;
}
