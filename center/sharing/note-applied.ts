import type { RecordId, Scope } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { inOrder, type Session } from '../postgres/database.ts';
import type { Matters } from '../record-matters.ts';
import * as sql from './statements.ts';

/** A version that became the newest of its record at its home. */
export interface AppliedVersion extends Matters {
  readonly collection: CollectionName;
  readonly id: RecordId;
}

/**
 * Notes whom applied versions are about and what has to be done about them, in the transaction that applies them and
 * before it takes feed positions (docs/specs/center.md SHA-2); all of it is asked for before the first answer. Returns whether there is something for the courier to do.
 */
export async function noteApplied(
  session: Session,
  scope: Scope,
  at: number,
  versions: readonly AppliedVersion[],
): Promise<boolean> {
  const noted = [noteOfVisits(session, scope, versions), notePinfls(session, scope, versions)];
  const errands: Promise<number>[] = [];
  const requests = versions.filter(({ collection }) => collection === 'requests');
  const others = lastOfEach(versions.filter(({ collection }) => isFollowed(collection)));
  if (requests.length > 0) {
    errands.push(session.run(sql.writeErrands, [scope, 'act', at, ...keyColumns(requests)]));
    errands.push(session.run(sql.writeErrands, [scope, 'follow', at, ...keyColumns(requests)]));
  }
  if (others.length > 0) {
    const patients = others.map(({ subject }) => (subject?.kind === 'patient' ? subject.id : null));
    errands.push(session.run(sql.writeFollowErrands, [scope, at, ...keyColumns(others), patients]));
  }
  const facilities = versions.filter(({ subject }) => subject?.kind === 'facility');
  if (facilities.length > 0) {
    errands.push(session.run(sql.writeErrands, [scope, 'directory', at, ...keyColumns(facilities)]));
  }
  await inOrder([...noted, ...errands]);
  return (await Promise.all(errands)).some((written) => written > 0);
}

const lastOfEach = (versions: readonly AppliedVersion[]): readonly AppliedVersion[] => [
  ...new Map(versions.map((version) => [`${version.collection}/${version.id}`, version])).values(),
];

/** What travels with a patient. */
const isFollowed = (collection: CollectionName): boolean =>
  collection === 'patients' || collection === 'visits' || collection === 'reviews';

/** The columns that name records in the statements of this room. */
export const keyColumns = (
  records: readonly { readonly collection: CollectionName; readonly id: RecordId }[],
) => [records.map((record) => record.collection), records.map((record) => record.id)] as const;

/** Reviews of visits do not say whose they are. Their visits are written by now, also those of the same batch. */
async function noteOfVisits(
  session: Session,
  scope: Scope,
  versions: readonly AppliedVersion[],
): Promise<void> {
  const asked = versions.filter(({ collection }) => collection === 'reviews');
  const reviews = lastOfEach(asked).flatMap(({ id, subject }) =>
    subject?.kind === 'visit' ? [{ id, visit: subject.id }] : [],
  );
  if (reviews.length === 0) return;
  const ids = [reviews.map(({ id }) => id), reviews.map(({ visit }) => visit)] as const;
  await session.run(sql.noteOfVisits, [scope, ...ids]);
}

/** Numbers that no longer are the patient's stay noted; who looks one up compares it with the record. */
async function notePinfls(
  session: Session,
  scope: Scope,
  versions: readonly AppliedVersion[],
): Promise<void> {
  const found = versions.flatMap(({ id, pinfl }) => (pinfl === null ? [] : [{ pinfl, id }]));
  if (found.length === 0) return;
  await session.run(sql.notePinfls, [scope, found.map(({ pinfl }) => pinfl), found.map(({ id }) => id)]);
}
