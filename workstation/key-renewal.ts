import type { CredentialSlots } from '#access/credential-slots.ts';
import { type RotationProgress, systemRotationDisk } from '#access/rotation.ts';
import type { Secret } from '#access/secret.ts';
import { layoutOf } from './folder-layout.ts';
import type { WorkstationParts } from './parts.ts';

/** What an unlock does about a data key that is due to be replaced (ACC-24). */
export interface Renewal {
  /** Also when somebody who has not unlocked since format 1 would be locked out. */
  readonly isForced: boolean;
  readonly onProgress: RotationProgress;
}

/**
 * The key to open the records with: a new one when a rotation is due and goes through, else the one given. The records are
 * closed meanwhile. Takes `dataKey` over. A rotation that fails in an expected way (a full disk) is put off to the next
 * unlock: the clinic's day goes before.
 */
export async function renewWhenDue(
  parts: WorkstationParts,
  slots: CredentialSlots,
  dataKey: Secret,
  { isForced, onProgress }: Renewal,
): Promise<Secret> {
  if (!slots.isRotationDue()) return dataKey;
  if (!isForced && slots.lockedOutByRotation().length > 0) {
    parts.log.note('data key not replaced: somebody has not unlocked since an older format');
    return dataKey;
  }
  try {
    const places = layoutOf(parts.folder).rotation;
    const work = { places, disk: systemRotationDisk, copyRecords: parts.copyRecords, onProgress };
    const rotated = await slots.rotate(dataKey, work);
    if (!rotated.ok) {
      parts.log.note(`data key not replaced: ${rotated.error.code}`);
      return dataKey;
    }
    dataKey.wipe();
    parts.log.note('data key replaced');
    return rotated.value;
  } catch (error) {
    dataKey.wipe();
    throw error;
  }
}
