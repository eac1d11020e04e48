import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { recordKey } from '../record-key.ts';
import { readUnreadable, type Unreadable } from '../unreadable.ts';
import { readWithdrawn } from '../withdrawn.ts';

/** Most unsent rows with which a comparison makes sense: more, and the workstation is not at rest. */
const maxPending = 2000;
const maxQuarantined = 5000;

/**
 * How the replica's records count in a comparison: by the version the center is known to have, not by what is unsent here
 * (DIG-1).
 */
export interface KnownVersions {
  /** The revision a stored record counts with; null if not at all. */
  countAs(collection: CollectionName, id: RecordId, stored: Revision): Revision | null;
  /** Versions of the center that this program cannot read and that count although the record is not here. */
  readonly unreadable: readonly Unreadable[];
  /** Records with rows the center has not answered, by key: they are never healed. */
  readonly unsent: ReadonlySet<string>;
  /** Revisions in quarantine. */
  readonly quarantined: ReadonlySet<Revision>;
}

/** Undefined while there is too much unsent to compare. */
export function readKnownVersions(reader: ReplicaReader): KnownVersions | undefined {
  const counts = reader.outbox.counts();
  if (counts.pending > maxPending || counts.quarantined > maxQuarantined) return undefined;
  const pending = reader.outbox.pending(maxPending);
  const unsent = new Set(pending.map((row) => recordKey(row)));
  const shadows = new Map(reader.sync.shadows().map((shadow) => [recordKey(shadow), shadow.rev]));
  const withdrawn = new Set(readWithdrawn(reader).map(recordKey));
  const unreadable = new Map(readUnreadable(reader).map((each) => [recordKey(each), each]));
  const quarantined = new Set(reader.outbox.byState('quarantined', maxQuarantined).map((row) => row.rev));
  const countAs = (collection: CollectionName, id: RecordId, stored: Revision): Revision | null => {
    const key = recordKey({ collection, id });
    if (withdrawn.has(key)) return null;
    const hidden = unreadable.get(key);
    if (hidden !== undefined) return hidden.rev;
    const shadow = shadows.get(key);
    if (shadow !== undefined) return shadow;
    return unsent.has(key) || quarantined.has(stored) ? null : stored;
  };
  return {
    countAs,
    unreadable: [...unreadable.values()].filter(
      ({ collection, id }) => reader.get(collection, id) === undefined,
    ),
    unsent,
    quarantined,
  };
}
