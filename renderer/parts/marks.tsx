import type { ReactNode } from 'react';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { Urgency, VisitState } from '#contracts/records/visits.ts';
import { useToday } from '../app/surroundings.tsx';
import { describeInstant } from '../wording/dates.ts';
import { useWords } from '../wording/words.ts';
import { Icon, type IconName } from './icons.tsx';

/** "Saved on this computer 10:42" is not "received by the center 10:43": one icon and one sentence for each. */
export function DeliveryMark({
  delivery,
  isShort = false,
}: {
  readonly delivery: Delivery;
  readonly isShort?: boolean;
}): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const isReceived = delivery.receivedAt !== null;
  const time = describeInstant(delivery.receivedAt ?? delivery.savedAt, today);
  const words = t(isReceived ? 'delivery.received' : 'delivery.saved', { time });
  return (
    <span className={`delivery ${isReceived ? 'delivery-received' : 'delivery-saved'}`} title={words}>
      <Icon name={isReceived ? 'center' : 'computer'} size={16} />
      {isShort ? (
        <>
          <span className="visually-hidden">{words}</span>
          <span aria-hidden="true">{time}</span>
        </>
      ) : (
        <span>{words}</span>
      )}
    </span>
  );
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
