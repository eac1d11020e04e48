import { type ReactNode, useState } from 'react';
import type { Door, PersonAccess } from '#contracts/bridge/access.ts';
import { DeviceNotes } from '../../access/device-notes.tsx';
import { useCards, useDoor } from '../../access/door.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';

interface BindCardDialogProps {
  readonly person: PersonAccess;
  readonly onClose: () => void;
}

/** Waits for a card at the reader, and makes it this person's. A card picks her name on the lock and opens nothing. */
export function BindCardDialog({ person, onClose }: BindCardDialogProps): ReactNode {
  const { t } = useWords();
  const door = useDoor();
  const bind = useRequest('staff.bind-card');
  const [card, setCard] = useState<NonNullable<Door['card']> | null>(null);
  useCards(door, setCard);
  const hasReader = door?.devices.some(({ kind, status }) => kind === 'card-reader' && status === 'ready');
  const isOthers = card !== null && card.person !== null && card.person !== person.id;
  const save = async (reading: number) => {
    const outcome = await bind.send({ person: person.id, reading });
    if (outcome.ok) onClose();
  };
  return (
    <Dialog title={t('bind-card.title', { person: person.name })} onClose={onClose}>
      {door !== null && (
        <div className={`key-prompt key-prompt-${card === null ? 'touch' : 'waiting'}`} role="status">
          <span className="key-prompt-icon">
            <Icon name="card" size={44} />
          </span>
          <p className="key-prompt-words">{t(card === null ? 'bind-card.hold' : 'bind-card.read')}</p>
        </div>
      )}
      {hasReader === false && <Notice kind="info" title={t('bind-card.no-reader')} />}
      {isOthers && <Notice kind="warning" title={t('bind-card.others')} />}
      <p className="soft">{t('bind-card.words')}</p>
      {door !== null && <DeviceNotes door={door} />}
      {bind.error && <Notice kind="danger" title={describeError(t, bind.error)} isUrgent />}
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button
          kind="primary"
          icon="check"
          disabled={card === null}
          isBusy={bind.isBusy}
          onClick={() => card !== null && void save(card.reading)}
        >
          {t('bind-card.submit')}
        </Button>
      </footer>
    </Dialog>
  );
}
