import type { ReactNode } from 'react';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { Day } from '#contracts/ids.ts';
import type { Urgency, VisitState } from '#contracts/records/visits.ts';
import { useToday } from '../app/surroundings.tsx';
import { describeInstant } from '../wording/dates.ts';
import { useWords } from '../wording/words.ts';
import { Icon, type IconName } from './icons.tsx';

/**
 * "Saved on this computer 10:42" is not "received by the center 10:43" (SCR-2). What other computers wrote is at the center, and
 * no time is said: none is known.
 */
export function DeliveryMark({
  delivery,
  isShort = false,
}: {
  readonly delivery: Delivery;
  readonly isShort?: boolean;
}): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const time = timeOf(delivery, today);
  const words = time === null ? t('delivery.at-center') : t(`delivery.${delivery.state}`, { time });
  return (
    <span className={`delivery delivery-${delivery.state}`} title={words}>
      <Icon name={delivery.state === 'saved' ? 'computer' : 'center'} size={16} />
      {isShort ? (
        <>
          <span className="visually-hidden">{words}</span>
          {time !== null && <span aria-hidden="true">{time}</span>}
        </>
      ) : (
        <span>{words}</span>
      )}
    </span>
  );
}

function timeOf(delivery: Delivery, today: Day): string | null {
  switch (delivery.state) {
    case 'saved':
      return describeInstant(delivery.savedAt, today);
    case 'received':
      return describeInstant(delivery.receivedAt, today);
    case 'at-center':
      return null;
  }
}

const urgencyIcons = { routine: null, urgent: 'alert', emergency: 'stop' } as const satisfies Record<
  Urgency,
  IconName | null
>;

/** Urgency beyond routine, by icon, colour and word. */
export function UrgencyMark({ urgency }: { readonly urgency: Urgency }): ReactNode {
  const { t } = useWords();
  const icon = urgencyIcons[urgency];
  if (icon === null) return null;
  return (
    <span className={`chip chip-${urgency}`}>
      <Icon name={icon} size={14} />
      {t(`urgency.${urgency}`)}
    </span>
  );
}

/** State of a visit in the queue. */
export function StateMark({ state }: { readonly state: VisitState }): ReactNode {
  const { t } = useWords();
  return (
    <span className={`chip chip-state chip-state-${state}`}>
      <span className="chip-dot" aria-hidden="true" />
      {t(`visit-state.${state}`)}
    </span>
  );
}
