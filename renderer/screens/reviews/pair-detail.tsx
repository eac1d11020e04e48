import type { ReactNode } from 'react';
import { formatPhone } from '#clinic/identity/phone.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { PatientRecord, ReviewRow } from '#contracts/bridge/views.ts';
import type { Day, RecordId } from '#contracts/ids.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { standingAllergies } from '../../parts/linked-records.ts';
import { bannerName, birthAndAge, formatPinfl } from '../../parts/patient-words.ts';
import { describeDay } from '../../wording/dates.ts';
import { type Translate, useWords } from '../../wording/words.ts';
import { type Answer, Answers } from './answers.tsx';
import { GoneNotice } from './conflict-table.tsx';
import { MarkedText } from './marked-text.tsx';

type Settlement = Omit<RequestInput<'reviews.settle'>, 'id'>;

interface PairDetailProps {
  readonly row: ReviewRow;
  readonly otherId: RecordId;
  readonly isBusy: boolean;
  readonly onSettle: ((settlement: Settlement) => void) | null;
}

/** Two records side by side: what agrees, what differs, and what hangs on each. */
export function PairDetail({ row, otherId, isBusy, onSettle }: PairDetailProps): ReactNode {
  const { t } = useWords();
  const { id } = row.body.subject;
  const first = useView('patients.record', { id });
  const second = useView('patients.record', { id: otherId });
  if (first.status === 'loading' || second.status === 'loading') {
    return <div className="pair-wait" aria-busy="true" />;
  }
  const pair = [first, second].map((view) => (view.status === 'ready' ? view.value : null));
  const [left, right] = pair;
  if (!left || !right) return <GoneNotice words={t('error.record.not-found')} />;
  return (
    <>
      <PairTable pair={[left, right]} />
      {onSettle && (
        <Answers
          answers={answersOf([left, right], t)}
          isBusy={isBusy}
          consequence={(key) => (key === 'different' ? t('pair.different-follows') : t('pair.same-follows'))}
          onSettle={(key) => {
            const goesOn = [left, right].find((record) => record.id === key)?.id;
            onSettle(goesOn === undefined ? { choice: 'different' } : { choice: 'same', goesOn });
          }}
        />
      )}
    </>
  );
}

type Pair = readonly [PatientRecord, PatientRecord];

function answersOf(pair: Pair, t: Translate): readonly Answer[] {
  const same = pair.map((record, at) => ({
    key: record.id,
    words: t(at === 0 ? 'pair.same-left' : 'pair.same-right'),
    caption: t('patient.visit-count', { count: ownVisits(record).length }),
  }));
  return [...same, { key: 'different', words: t('review.choice-different') }];
}

const ownVisits = (record: PatientRecord) =>
  record.visits.filter((visit) => visit.body.patientId === record.id);

function PairTable({ pair }: { readonly pair: Pair }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  return (
    <div className="difference-frame">
      <table className="difference pair">
        <thead>
          <tr>
            <th scope="col">{t('review.field')}</th>
            {pair.map((record, at) => (
              <th key={record.id} scope="col" className="pair-side">
                <span className="row-title">{t(at === 0 ? 'pair.left' : 'pair.right')}</span>
                <Button
                  size="small"
                  kind="quiet"
                  onClick={() => navigation.go({ screen: 'patient', patientId: record.id })}
                >
                  {t('queue.open')}
                </Button>
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">{t('pair.agreement')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {factsOf(pair, t, today).map(({ label, values: [left, right], isCompared }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <Value own={left} other={isCompared ? right : null} />
              <Value own={right} other={isCompared ? left : null} />
              <td className="agreement">
                {isCompared && left !== null && right !== null && <Agreement isSame={left === right} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Agreement({ isSame }: { readonly isSame: boolean }): ReactNode {
  const { t } = useWords();
  return (
    <span className={isSame ? 'agrees' : 'disagrees'}>
      <Icon name={isSame ? 'check' : 'swap'} size={16} />
      {t(isSame ? 'pair.same' : 'pair.differs')}
    </span>
  );
}

/** What is not known of one of the two says nothing about whether they are one: it is not marked. */
function Value({ own, other }: { readonly own: string | null; readonly other: string | null }): ReactNode {
  const { t } = useWords();
  if (own === null) return <td className="soft">{t('field.not-known')}</td>;
  return <td>{other === null ? own : <MarkedText text={own} other={other} />}</td>;
}

interface Fact {
  readonly label: string;
  readonly values: readonly [string | null, string | null];
  readonly isCompared: boolean;
}

function factsOf(pair: Pair, t: Translate, today: Day): readonly Fact[] {
  const fact = (label: string, tell: (record: PatientRecord) => string | null, isCompared = true): Fact => ({
    label: t(label),
    values: [tell(pair[0]), tell(pair[1])],
    isCompared,
  });
  return [
    fact('field.name', ({ body }) => bannerName(body.name)),
    fact('field.birth', ({ body }) => birthAndAge(t, body.birth, today)),
    fact('field.sex', ({ body }) => t(`sex.${body.sex}`)),
    fact('field.pinfl', ({ body }) => (body.pinfl === undefined ? null : formatPinfl(body.pinfl))),
    fact('field.phone', ({ body }) => (body.phone === undefined ? null : formatPhone(body.phone))),
    fact('field.address', ({ mahallaName, body }) => {
      const address = [mahallaName, body.address?.line].filter(Boolean).join(', ');
      return address === '' ? null : address;
    }),
    fact('field.allergies', ({ body }) => {
      const substances = standingAllergies(body).map(({ substance }) => substance);
      if (substances.length > 0) return substances.join(', ');
      return body.allergyStatus === 'none-known' ? t('allergy.none-known') : null;
    }),
    fact('pair.visits', (record) => visitWords(record, t, today), false),
  ];
}

function visitWords(record: PatientRecord, t: Translate, today: Day): string {
  const visits = ownVisits(record);
  const last = visits[0]?.body.day;
  const count = t('patient.visit-count', { count: visits.length });
  return last === undefined
    ? count
    : `${count} · ${t('pair.last-visit', { day: describeDay(t, last, today) })}`;
}
