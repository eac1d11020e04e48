import type { ReactNode } from 'react';
import { formatPhone } from '#clinic/identity/phone.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { Icon } from '../../parts/icons.tsx';
import { DeliveryMark } from '../../parts/marks.tsx';
import { useWords } from '../../wording/words.ts';

interface IdentityCardProps {
  readonly record: PatientRecord;
  readonly onAmend: (() => void) | null;
}

/** Contacts, address, consent and the problem list. */
export function IdentityCard({ record, onAmend }: IdentityCardProps): ReactNode {
  const { t } = useWords();
  const { body } = record;
  const address = [record.mahallaName, body.address?.line].filter(Boolean).join(', ');
  return (
    <section className="card" aria-labelledby="identity-title">
      <header className="card-head">
        <h2 id="identity-title">{t('patient.details')}</h2>
        {onAmend && (
          <button type="button" className="text-button" onClick={onAmend}>
            <Icon name="pencil" size={16} />
            {t('action.change')}
          </button>
        )}
      </header>
      <dl className="facts">
        <Fact label={t('patient.phone')} value={body.phone && formatPhone(body.phone)} isFigure />
        <Fact label={t('patient.address')} value={address} />
        <Fact
          label={t('patient.consent')}
          value={body.consent && t(body.consent.given ? 'consent.given' : 'consent.not-given')}
        />
        {body.bloodGroup && <Fact label={t('patient.blood-group')} value={body.bloodGroup} />}
      </dl>
      <Problems record={record} />
      <footer className="card-foot">
        <DeliveryMark delivery={record.delivery} />
      </footer>
    </section>
  );
}

interface FactProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly isFigure?: boolean;
}

function Fact({ label, value, isFigure = false }: FactProps): ReactNode {
  const { t } = useWords();
  const isKnown = value !== undefined && value !== '';
  return (
    <div>
      <dt>{label}</dt>
      <dd className={isKnown ? (isFigure ? 'figure' : '') : 'soft'}>
        {isKnown ? value : t('field.not-known')}
      </dd>
    </div>
  );
}

function Problems({ record }: { readonly record: PatientRecord }): ReactNode {
  const { t } = useWords();
  const others = record.linked.filter(({ isVoid }) => !isVoid).flatMap((linked) => linked.problems);
  const problems = [...record.body.problems, ...others].filter((problem) => problem.enteredInError !== true);
  const names = useIcd10Names(problems.map((problem) => problem.icd10));
  if (problems.length === 0) return null;
  return (
    <div className="problems">
      <h3 className="group-title">{t('patient.problems')}</h3>
      <ul>
        {problems.map((problem) => (
          <li key={problem.id}>
            <span className="code">{problem.icd10}</span> {names.get(problem.icd10) ?? problem.note}
          </li>
        ))}
      </ul>
    </div>
  );
}
