import { hash } from 'node:crypto';
import type { OperationId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { canonicalJson } from './canonical-json.ts';

/** The version number in front of a revision; 0 for no revision. */
export function versionOf(revision: Revision | null): number {
  return revision === null ? 0 : Number.parseInt(revision, 10);
}

/**
 * The revision of a record written by operation `op` on top of `baseRev` (docs/specs/sync.md REV-1):
 * the next version number and the first 128 bits of SHA-256 over operation, collection and content. Two different
 * writes never share one, and the same write sent twice always does.
 */
export function revisionOf(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  record: Omit<AnyRecord, 'rev'> & { readonly rev?: Revision },
): Revision {
  const text = `${op}\n${baseRev ?? ''}\n${collection}\n${canonicalJson(withoutRevision(record))}`;
  const digest = hash('sha256', text, 'hex').slice(0, 32);
  return `${versionOf(baseRev) + 1}-${digest}` as Revision;
}

function withoutRevision(record: Omit<AnyRecord, 'rev'> & { readonly rev?: Revision }): object {
  if (!('rev' in record)) return record;
  const { rev: _own, ...content } = record;
  return content;
}
