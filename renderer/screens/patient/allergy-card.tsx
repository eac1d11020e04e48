import { type FormEvent, type ReactNode, useState } from 'react';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { allergiesOf, allergyStatusIn, type HeldAllergy } from '../../parts/linked-records.ts';
import { Notice } from '../../parts/notice.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { Segmented } from '../../parts/segmented.tsx';
import { describeError, useWords } from '../../wording/words.ts';

type Input = RequestInput<'patients.record-allergy'>['allergy'];

/** What must not be given: the list, the question whether there is any, and a short form. */
export function AllergyCard({
  record,
  mayWrite,
}: {
  readonly record: PatientRecord;
  readonly mayWrite: boolean;
}): ReactNode {
  const { t } = useWords();
  const save = useRequest('patients.record-allergy');
  const [isAdding, setAdding] = useState(false);
  const [wrong, setWrong] = useState<HeldAllergy | null>(null);
  const allergyStatus = allergyStatusIn(record);
  const allergies = allergiesOf(record);
  const send = async (allergy: Input, heldBy = record.id) => {
    const outcome = await save.send({ id: heldBy, allergy });
    if (outcome.ok) {
      setAdding(false);
      setWrong(null);
    }
  };
  return (
    <section className="card" aria-labelledby="allergy-title">
      <header className="card-head">
        <h2 id="allergy-title">{t('allergy.title')}</h2>
        {mayWrite && !isAdding && (
          <button type="button" className="text-button" onClick={() => setAdding(true)}>
            <Icon name="plus" size={16} />
            {t('allergy.add')}
          </button>
        )}
      </header>
      <ul className="allergies">
        {allergies.map((held) => (
          <AllergyItem
            key={`${held.heldBy} ${held.allergy.id}`}
            held={held}
            onWrong={mayWrite ? () => setWrong(held) : null}
          />
        ))}
      </ul>
      {allergyStatus === 'none-known' && <p className="card-words">{t('allergy.none-known')}</p>}
      {allergyStatus === 'not-recorded' && !isAdding && (
        <div className="card-words">
          <p>{t('allergy.ask')}</p>
          {mayWrite && (
            <Button size="small" isBusy={save.isBusy} onClick={() => void send({ status: 'none-known' })}>
              {t('allergy.set-none')}
            </Button>
          )}
        </div>
      )}
      {save.error && <Notice kind="danger" title={describeError(t, save.error)} isUrgent />}
      {isAdding && (
        <AllergyForm
          isBusy={save.isBusy}
          onSave={(input) => void send(input)}
          onCancel={() => setAdding(false)}
        />
      )}
      {wrong && (
        <ConfirmDialog
          title={t('allergy.wrong-title')}
          words={t('allergy.wrong-words', {
            substance: wrong.allergy.substance,
            name: plainName(record.body.name),
          })}
          confirm={t('entry.mark-error')}
          isBusy={save.isBusy}
          onConfirm={() =>
            void send({ status: 'entered-in-error', allergyId: wrong.allergy.id }, wrong.heldBy)
          }
          onClose={() => setWrong(null)}
        />
      )}
    </section>
  );
}

function AllergyItem({
  held: { allergy, isElsewhere },
  onWrong,
}: {
  readonly held: HeldAllergy;
  readonly onWrong: (() => void) | null;
}): ReactNode {
  const { t } = useWords();
  const isWrong = allergy.enteredInError === true;
  return (
    <li className={isWrong ? 'allergy-item struck' : 'allergy-item'}>
      <span>
        <strong>{allergy.substance}</strong>
        {allergy.severity === 'severe' && <span className="chip chip-emergency">{t('allergy.severe')}</span>}
        {allergy.reaction && <span className="soft"> {allergy.reaction}</span>}
        {isWrong && <span className="chip chip-void">{t('entry.in-error')}</span>}
        {isElsewhere && <span className="chip chip-linked">{t('linked.other-record')}</span>}
      </span>
      {onWrong && !isWrong && (
        <button
          type="button"
          className="icon-button"
          title={t('entry.mark-error')}
          aria-label={t('entry.mark-error')}
          onClick={onWrong}
        >
          <Icon name="strike" size={18} />
        </button>
      )}
    </li>
  );
}

interface AllergyFormProps {
  readonly isBusy: boolean;
  readonly onSave: (input: Input) => void;
  readonly onCancel: () => void;
}

function AllergyForm({ isBusy, onSave, onCancel }: AllergyFormProps): ReactNode {
  const { t } = useWords();
  const [substance, setSubstance] = useState('');
  const [reaction, setReaction] = useState('');
  const [severity, setSeverity] = useState<'mild' | 'severe' | null>(null);
  const [isTried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (substance.trim() === '') return;
    onSave({
      status: 'known',
      substance: substance.trim(),
      ...(reaction.trim() === '' ? {} : { reaction: reaction.trim() }),
      ...(severity === null ? {} : { severity }),
    });
  };
  return (
    <form className="allergy-form" onSubmit={submit} noValidate>
      <TextField
        id="substance"
        autoFocus
        label={t('allergy.substance')}
        maxLength={120}
        value={substance}
        error={isTried && substance.trim() === '' ? t('allergy.substance-missing') : undefined}
        onChange={(event) => setSubstance(event.target.value)}
      />
      <TextField
        id="reaction"
        label={t('allergy.reaction')}
        optional={t('field.optional')}
        maxLength={200}
        value={reaction}
        onChange={(event) => setReaction(event.target.value)}
      />
      <Segmented
        name="severity"
        label={t('allergy.severity')}
        value={severity}
        onChange={setSeverity}
        options={[
          { value: 'mild', label: t('allergy.mild') },
          { value: 'severe', label: t('allergy.severe') },
        ]}
      />
      <div className="form-foot">
        <Button kind="quiet" onClick={onCancel}>
          {t('action.cancel')}
        </Button>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('action.save')}
        </Button>
      </div>
    </form>
  );
}
