import type { CredentialSlots } from '#access/credential-slots.ts';
import type { Replica, SettingsReader } from '#clinic/ports/replica.ts';

const revisionKey = 'slots.revision';

const newestSeen = (settings: SettingsReader): number => Number(settings.get(revisionKey) ?? 0);

/**
 * Whether the records have seen a newer slot list than this one: somebody put an older file back, in which a slot may open
 * that was taken away since (ACC-29). The version before the newest may stand in for a damaged file.
 */
export function isOlderList(
  settings: SettingsReader,
  slots: Pick<CredentialSlots, 'revision' | 'isFromBackup'>,
): boolean {
  return slots.revision() + (slots.isFromBackup ? 1 : 0) < newestSeen(settings);
}

/** Remembers in the records how far the list has come. Writes only when it has. */
export async function keepNewestList(
  replica: Replica,
  slots: Pick<CredentialSlots, 'revision'>,
): Promise<void> {
  const revision = slots.revision();
  if (revision <= newestSeen(replica.settings)) return;
  await replica.transact(({ settings }) => settings.set(revisionKey, String(revision)));
}
