import type { ReactNode } from 'react';
import type { Door } from '#contracts/bridge/access.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icons.tsx';
import { useWords } from '../../wording/words.ts';
import './emergency.css';

interface HelpDialogProps {
  readonly state: WorkstationState;
  readonly door: Door | null;
  readonly onClose: () => void;
}

/** The key is not here or the passphrase is forgotten: which ways there are on this very workstation. */
export function HelpDialog({ state, door, onClose }: HelpDialogProps): ReactNode {
  const { t } = useWords();
  const holders = state.people.filter(({ id }) => door?.holders.includes(id)).map(({ name }) => name);
  const ways = [
    { id: 'other-way', isThere: true, words: t('help.other-way') },
    {
      id: 'pin',
      isThere: state.people.some(({ methods }) => methods.includes('fido2')),
      words: t('help.pin'),
    },
    { id: 'administrator', isThere: true, words: t('help.administrator') },
    {
      id: 'two',
      isThere: holders.length > 1,
      words: holders.length > 1 ? t('help.two', { names: holders.join(', ') }) : t('help.two-none'),
    },
    {
      id: 'paper',
      isThere: door?.hasPaperKey === true,
      words: t(door?.hasPaperKey === true ? 'help.paper' : 'help.paper-none'),
    },
  ];
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
      <ul className="help-ways">
        {ways.map(({ id, isThere, words }) => (
          <li key={id} className={isThere ? '' : 'help-way-absent'}>
            <Icon name={isThere ? 'check' : 'close'} size={18} />
            <span>{words}</span>
          </li>
        ))}
      </ul>
      <p className="caption">{t('help.nothing-lost')}</p>
    </Dialog>
  );
}
