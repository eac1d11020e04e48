import type { AuditDraft, AuditPage, AuditTrailReader } from '#clinic/ports/replica.ts';
import type { DeviceId } from '#contracts/ids.ts';
import { chainHash, chainStart, namelessStart } from '#store/replica/audit-chain.ts';
import type { MemoryDisk } from './memory-disk.ts';

const startOf = (disk: MemoryDisk): string =>
  disk.auditDevice === null ? namelessStart : chainStart(disk.auditDevice);

/** Appends to the trail with the hashes of the real store. Returns what undoes it. */
export function appendAudit(disk: MemoryDisk, draft: AuditDraft): () => void {
  const { at, person, action, collection, record, reason = null, patient = null } = draft;
  const entry = { seq: disk.audit.length + 1, at, person, action, collection, record, reason, patient };
  disk.auditHashes.push(chainHash(disk.auditHashes.at(-1) ?? startOf(disk), entry));
  disk.audit.push(entry);
  return () => {
    disk.audit.pop();
    disk.auditHashes.pop();
  };
}

/** Names the device of a trail without entries, once. Returns what undoes it. */
export function beginTrail(disk: MemoryDisk, device: DeviceId): () => void {
  const before = disk.auditDevice;
  disk.auditDevice ??= device;
  return () => {
    disk.auditDevice = before;
  };
}

/** The trail on a memory disk. */
export function memoryAuditTrail(disk: MemoryDisk): AuditTrailReader {
  const newestFirst = ({ before, limit }: AuditPage) =>
    disk.audit
      .slice(0, (before ?? Number.MAX_SAFE_INTEGER) - 1)
      .reverse()
      .slice(0, limit);
  return {
    of: (record, { before, limit }) =>
      newestFirst({ before, limit: disk.audit.length })
        .filter((entry) => entry.record === record || entry.patient === record)
        .slice(0, limit),
    recent: newestFirst,
    after: (seq, limit) =>
      disk.audit
        .slice(seq, seq + limit)
        .map((entry) => ({ entry, hash: disk.auditHashes[entry.seq - 1] ?? '' })),
    head: () => {
      const hash = disk.auditHashes.at(-1);
      return hash === undefined ? null : { seq: disk.auditHashes.length, hash };
    },
    hashAt: (seq) => disk.auditHashes[seq - 1] ?? null,
    start: () => ({ device: disk.auditDevice, hash: startOf(disk) }),
  };
}
