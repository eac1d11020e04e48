import { type ReactNode, useRef, useState } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { PersonAccess } from '#contracts/bridge/access.ts';
import { useKeptFocus } from '../../app/kept-focus.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { BindCardDialog } from './bind-card-dialog.tsx';
import { EnrolKeyDialog } from './enrol-key-dialog.tsx';
import { PassphraseDialog } from './passphrase-dialog.tsx';
import { RemoveKeyDialog } from './remove-key-dialog.tsx';
import { RemovePersonDialog } from './remove-person-dialog.tsx';
import { isNamed, wayName } from './way-words.ts';

interface PersonDetailProps {
  readonly person: PersonAccess;
  readonly isOwn: boolean;
  readonly mayAdminister: boolean;
  readonly hasSimulatedDevices: boolean;
}

type Way = PersonAccess['ways'][number];
type OpenDialog =
  | { readonly kind: 'key' | 'card' | 'passphrase' | 'person' }
  | { readonly kind: 'remove-key'; readonly way: Way };

/** The ways in of one person, and what can be done about them. */
export function PersonDetail(props: PersonDetailProps): ReactNode {
  const { person, isOwn, mayAdminister, hasSimulatedDevices } = props;
  const { t } = useWords();
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const close = () => setOpen(null);
  const name = useRef<HTMLHeadingElement>(null);
  // What opened a dialog may be gone after it: a bound card, a way that was removed.
  useKeptFocus(name, person);
  useKeptFocus(name, open);
  return (
    <section className="card person-detail" aria-labelledby="person-name">
      <header className="card-head">
        <h2 id="person-name" ref={name} tabIndex={-1}>
          {person.name}
        </h2>
        <span className="caption">{person.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
      </header>
      <div className="person-body">
        {person.needsSecond && (
          <Notice kind="warning" title={t('staff.needs-second')}>
            <p>{t('staff.needs-second-words')}</p>
          </Notice>
        )}
        <h3>{t('staff.ways')}</h3>
        {person.ways.length === 0 && <p className="soft">{t('staff.no-ways')}</p>}
        <ul className="way-list">
          {person.ways.map((way) => (
            <WayRow key={way.slot} way={way} onRemove={() => setOpen({ kind: 'remove-key', way })} />
          ))}
        </ul>
        {person.isHolder && (
          <p className="person-fact">
            <Icon name="shield" size={18} />
            {t('staff.is-holder')}
          </p>
        )}
        {person.hasCard && <CardFact person={person} mayTakeAway={mayAdminister} />}
      </div>
      <footer className="card-foot person-actions">
        {mayAdminister && (
          <Button kind="primary" icon="key" onClick={() => setOpen({ kind: 'key' })}>
            {t('staff.add-key')}
          </Button>
        )}
        {(isOwn || mayAdminister) && (
          <Button icon="pencil" onClick={() => setOpen({ kind: 'passphrase' })}>
            {t(isOwn ? 'staff.change-passphrase' : 'staff.reset-passphrase')}
          </Button>
        )}
        {mayAdminister && !person.hasCard && (
          <Button icon="card" onClick={() => setOpen({ kind: 'card' })}>
            {t('staff.bind-card')}
          </Button>
        )}
        {mayAdminister && !isOwn && (
          <Button kind="quiet" icon="strike" onClick={() => setOpen({ kind: 'person' })}>
            {t('staff.remove')}
          </Button>
        )}
        {!mayAdminister && <p className="caption">{t('own-keys.ask-administrator')}</p>}
      </footer>
      {open?.kind === 'key' && (
        <EnrolKeyDialog
          person={person}
          isOwn={isOwn}
          hasSimulatedDevices={hasSimulatedDevices}
          onClose={close}
        />
      )}
      {open?.kind === 'card' && <BindCardDialog person={person} onClose={close} />}
      {open?.kind === 'passphrase' && (
        <PassphraseDialog
          person={person}
          isOwn={isOwn}
          hasSimulatedDevices={hasSimulatedDevices}
          onClose={close}
        />
      )}
      {open?.kind === 'person' && <RemovePersonDialog person={person} onClose={close} />}
      {open?.kind === 'remove-key' && (
        <RemoveKeyDialog person={person} way={open.way} isOwn={isOwn} onClose={close} />
      )}
    </section>
  );
}

const wayIcons = { passphrase: 'keyboard', fido2: 'fingerprint', 'simulated-key': 'key' } as const;

function WayRow({ way, onRemove }: { readonly way: Way; readonly onRemove: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <li className="way-row">
      <span className="row-icon">
        <Icon name={wayIcons[way.method]} />
      </span>
      <span className="row-words">
        <span className="row-title">{wayName(t, way)}</span>
        <span className="caption">
          {[
            isNamed(way) && t(`way.${way.method}`),
            way.enrolledAt !== null && t('way.since', { date: formatDate(dayAt(way.enrolledAt)) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      <Button size="small" icon="close" onClick={onRemove}>
        {t(way.method === 'passphrase' ? 'way.remove-passphrase' : 'way.remove')}
      </Button>
    </li>
  );
}

function CardFact({
  person,
  mayTakeAway,
}: {
  readonly person: PersonAccess;
  readonly mayTakeAway: boolean;
}): ReactNode {
  const { t } = useWords();
  const bind = useRequest('staff.bind-card');
  return (
    <>
      <p className="person-fact">
        <Icon name="card" size={18} />
        {t('staff.has-card')}
        {mayTakeAway && (
          <Button
            size="small"
            isBusy={bind.isBusy}
            onClick={() => void bind.send({ person: person.id, reading: null })}
          >
            {t('staff.take-card')}
          </Button>
        )}
      </p>
      {bind.error && <Notice kind="danger" title={describeError(t, bind.error)} isUrgent />}
    </>
  );
}
