import { type ReactNode, useState } from 'react';
import type { PersonAccess } from '#contracts/bridge/access.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { useLocking } from '../../app/locking.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { wayName } from './way-words.ts';

interface RemoveKeyDialogProps {
  readonly person: PersonAccess;
  readonly way: PersonAccess['ways'][number];
  readonly isOwn: boolean;
  readonly onClose: () => void;
}

type Reason = RequestInput<'keys.remove'>['reason'];
const reasons = ['lost', 'broken', 'unwanted'] as const satisfies readonly Reason[];

/** Takes a way in away; says what happens to the records, and when it is the last one. */
export function RemoveKeyDialog({ person, way, isOwn, onClose }: RemoveKeyDialogProps): ReactNode {
  const { t } = useWords();
  const remove = useRequest('keys.remove');
  const locking = useLocking();
  const [reason, setReason] = useState<Reason>('lost');
  const isLast = person.ways.length === 1;
  const confirm = async () => {
    locking.awaitRenewal(reason === 'lost');
    const outcome = await remove.send({ slot: way.slot, reason });
    if (outcome.ok) onClose();
    else locking.awaitRenewal(false);
  };
  const name = wayName(t, way);
  return (
    <ConfirmDialog
      title={t('remove-key.title', { name })}
      words={t(isOwn ? 'remove-key.words-own' : 'remove-key.words', { name, person: person.name })}
      confirm={t('way.remove')}
      isBusy={remove.isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {isLast && <Notice kind="danger" title={t('remove-key.last', { person: person.name })} />}
      <Segmented
        name="remove-reason"
        label={t('remove-key.reason')}
        value={reason}
        onChange={setReason}
        options={reasons.map((value) => ({ value, label: t(`remove-key.${value}`) }))}
      />
      {/* What was lost may be in somebody's hands. */}
      {reason === 'lost' && <p>{t('remove-key.rotation')}</p>}
      {remove.error && <Notice kind="danger" title={describeError(t, remove.error)} isUrgent />}
    </ConfirmDialog>
  );
}
