import type { ReactNode } from 'react';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import { useToday } from '../app/surroundings.tsx';
import { describeInstant } from '../wording/dates.ts';
import { useWords } from '../wording/words.ts';
import { Icon, type IconName } from './icons.tsx';

type Verdict = NonNullable<VisitView['signatures']>[number]['verdict'];

const icons: Readonly<Record<Verdict, IconName>> = {
  valid: 'pencil',
  altered: 'stop',
  'unknown-key': 'alert',
  'revoked-key-at-that-time': 'alert',
};

interface SignatureMarkProps {
  readonly visit: VisitView;
  readonly people: PatientRecord['people'];
}

/** Who signed a visit, what the signature is worth (docs/specs/audit.md SIG-4), and what was written after it. */
export function SignatureMark({ visit, people }: SignatureMarkProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const signatures = visit.signatures ?? [];
  // A bad one must not hide behind a good one that came after it.
  const worst = signatures.find(({ verdict }) => verdict === 'altered');
  const shown = worst ?? signatures.at(-1);
  if (shown === undefined) return visit.state === 'finished' ? <NotSigned /> : null;
  const name = people.find(({ id }) => id === shown.by)?.name ?? t('audit.unknown-person');
  const words = t(`signature.${shown.verdict}`, { name, time: describeInstant(shown.at, today) });
  return (
    <span className={`signature signature-${shown.verdict}`}>
      <Icon name={icons[shown.verdict]} size={16} />
      <span>
        {words}
        {shown.beyond.length > 0 && ` · ${t('signature.beyond', { count: shown.beyond.length })}`}
      </span>
    </span>
  );
}

/** A visit that is over and that nobody vouches for. */
function NotSigned(): ReactNode {
  const { t } = useWords();
  return (
    <span className="signature signature-none">
      <Icon name="pencil" size={16} />
      <span>{t('signature.none')}</span>
    </span>
  );
}
