import type { ReactNode } from 'react';
import { isOpenReview } from '#clinic/reviews/review-decisions.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { Notice } from '../../parts/notice.tsx';
import { describeDay } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';
import { type Answer, Answers } from './answers.tsx';
import { ConflictTable, GoneNotice, hasChangedSince } from './conflict-table.tsx';
import { codesIn, describeValue, type Naming } from './field-words.ts';

type Settlement = Omit<RequestInput<'reviews.settle'>, 'id'>;

interface ConflictDetailProps {
  readonly row: ReviewRow;
  readonly isBusy: boolean;
  /** Null where nobody may answer: another role, or a settled question. */
  readonly onSettle: ((settlement: Settlement) => void) | null;
}

/** What two people wrote differently, side by side in words. */
export function ConflictDetail({ row, isBusy, onSettle }: ConflictDetailProps): ReactNode {
  const naming = useNaming(row);
  const { t, today } = naming;
  const isChanged = isOpenReview(row.body) && hasChangedSince(row, naming);
  return (
    <>
      {row.visit && (
        <p className="soft">
          {t('review.of-visit', { day: describeDay(t, row.visit.day, today), reason: row.visit.reason })}
        </p>
      )}
      {isChanged && <Notice kind="warning" title={t('review.changed-since')} />}
      <ConflictTable row={row} naming={naming} isChanged={isChanged} />
      {row.present === null && <GoneNotice words={t('error.record.not-found')} />}
      {onSettle && (
        <Answers
          answers={answersOf(row, naming, isChanged)}
          isBusy={isBusy}
          onSettle={(key) => {
            const subjectRev = row.present === null ? {} : { subjectRev: row.present.rev };
            if (key === 'mine' || key === 'theirs' || key === 'present')
              onSettle({ choice: key, ...subjectRev });
          }}
        />
      )}
    </>
  );
}

function answersOf(row: ReviewRow, naming: Naming, isChanged: boolean): readonly Answer[] {
  const { t } = naming;
  const keys = isChanged ? (['theirs', 'mine', 'present'] as const) : (['theirs', 'mine'] as const);
  const [first] = row.fields;
  const isSingle = row.fields.length === 1 && first !== undefined;
  return keys.map((key) => {
    if (!isSingle) return { key, words: t(`review.choice-${key}`) };
    const json = key === 'present' ? row.present?.values[0] : first[key];
    return {
      key,
      words: t(`review.choice-${key}`),
      caption: describeValue(first.field, json, naming).slice(0, 60),
    };
  });
}

function useNaming(row: ReviewRow): Naming {
  const { t, language } = useWords();
  const today = useToday();
  const values = row.fields.flatMap((field) => [field.base, field.mine, field.theirs]);
  const icd10Names = useIcd10Names(codesIn([...values, ...(row.present?.values ?? [])]));
  return {
    t,
    language,
    today,
    mahallas: row.mahallas,
    linkedNames: row.linkedNames,
    icd10Names,
    people: row.people,
  };
}
