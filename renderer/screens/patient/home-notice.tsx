import type { ReactNode } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';

/** Says that the patient belongs to another facility, and until when the records stay here. */
export function HomeNotice({ home }: { readonly home: NonNullable<PatientRecord['home']> }): ReactNode {
  const { t, language } = useWords();
  const facility = home.facility.name[language];
  return (
    <Notice
      kind="info"
      title={
        home.until === null
          ? t('home-facility.for-good', { facility })
          : t('home-facility.until', { facility, date: formatDate(dayAt(home.until)) })
      }
    />
  );
}
