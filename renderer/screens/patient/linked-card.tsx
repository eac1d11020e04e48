import { type ReactNode, useState } from 'react';
import type { LinkedPatient, PatientRecord } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { authorWords } from '../../parts/author-words.ts';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { bannerName, birthAndAge, formatPinfl, plainName } from '../../parts/patient-words.ts';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';

/** On the page of a record that another one replaces: work goes on there. */
export function ReplacedNotice({ survivor }: { readonly survivor: LinkedPatient }): ReactNode {
  const { t } = useWords();
  const navigation = useNavigation();
  return (
    <Notice
      kind="warning"
      title={t('linked.replaced', { name: plainName(survivor.name) })}
      actions={
        <Button
          size="small"
          icon="arrow-right"
          onClick={() => navigation.go({ screen: 'patient', patientId: survivor.id })}
        >
          {t('linked.go-on')}
        </Button>
      }
    >
      <p>{t('linked.replaced-words')}</p>
    </Notice>
  );
}

/** The other records of this citizen, and the way to take them apart again. */
export function LinkedCard({
  record,
  mayWrite,
}: {
  readonly record: PatientRecord;
  readonly mayWrite: boolean;
}): ReactNode {
  const { t } = useWords();
  const [parting, setParting] = useState<RecordId | null>(null);
  const own = record.body.replacedBy;
  return (
    <section className="card" aria-labelledby="linked-title">
      <header className="card-head">
        <h2 id="linked-title">{t('linked.title')}</h2>
        <span className="badge">{record.linked.length}</span>
      </header>
      <ul className="linked-records">
        {record.linked.map((linked) => (
          <LinkedItem
            key={linked.id}
            linked={linked}
            record={record}
            onPart={mayWrite && linked.replacedBy !== null ? () => setParting(linked.id) : null}
          />
        ))}
      </ul>
      {mayWrite && own !== undefined && (
        <footer className="card-foot">
          <Button size="small" icon="unlink" onClick={() => setParting(record.id)}>
            {t('linked.part-this')}
          </Button>
        </footer>
      )}
      {parting !== null && <PartDialog id={parting} record={record} onClose={() => setParting(null)} />}
    </section>
  );
}

interface LinkedItemProps {
  readonly linked: LinkedPatient;
  readonly record: PatientRecord;
  readonly onPart: (() => void) | null;
}

function LinkedItem({ linked, record, onPart }: LinkedItemProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const { replacedBy } = linked;
  const person = authorWords(t, record.people, replacedBy?.by);
  const since = replacedBy && [person, describeInstant(replacedBy.at, today)].filter(Boolean).join(', ');
  return (
    <li className="linked-record">
      <p className="row-title">
        {bannerName(linked.name)}
        {linked.isVoid && <span className="chip chip-void">{t('patient.void')}</span>}
        {linked.isSurvivor && <span className="chip">{t('linked.goes-on')}</span>}
      </p>
      <p className="figure">{birthAndAge(t, linked.birth, today)}</p>
      <p className="caption">
        {[linked.pinfl ? formatPinfl(linked.pinfl) : t('pinfl.unknown'), linked.mahalla]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {since && <p className="caption">{t('linked.since', { words: since })}</p>}
      <p className="linked-actions">
        <button
          type="button"
          className="text-button"
          onClick={() => navigation.go({ screen: 'patient', patientId: linked.id })}
        >
          <Icon name="arrow-right" size={16} />
          {t('queue.open')}
        </button>
        {onPart && (
          <button type="button" className="text-button" onClick={onPart}>
            <Icon name="unlink" size={16} />
            {t('linked.part')}
          </button>
        )}
      </p>
    </li>
  );
}

interface PartDialogProps {
  /** The record that stands on its own again. */
  readonly id: RecordId;
  readonly record: PatientRecord;
  readonly onClose: () => void;
}

/** Asks why two records are two people after all. Both stay as they are; only the link goes. */
function PartDialog({ id, record, onClose }: PartDialogProps): ReactNode {
  const { t } = useWords();
  const part = useRequest('patients.unlink');
  const [reason, setReason] = useState('');
  const [isTried, setTried] = useState(false);
  const confirm = async () => {
    setTried(true);
    if (reason.trim() === '') return document.getElementById('part-reason')?.focus();
    const outcome = await part.send({ id, reason: reason.trim() });
    if (outcome.ok) onClose();
  };
  return (
    <ConfirmDialog
      title={t('linked.part-title')}
      words={t('linked.part-words', { name: plainName(record.body.name) })}
      confirm={t('linked.part')}
      isBusy={part.isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <TextField
        id="part-reason"
        label={t('void.reason')}
        maxLength={200}
        value={reason}
        error={isTried && reason.trim() === '' ? t('void.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      {part.error && <SaveFailure error={part.error} />}
    </ConfirmDialog>
  );
}
