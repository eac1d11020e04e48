import { countWaitingRequests } from '#clinic/requests/waiting-requests.ts';
import { countOpenReviews } from '../open-reviews.ts';
import { type SessionView, touches, touchesOutbox } from './view.ts';

/** How the exchange with the center stands. */
export const syncStateView: SessionView<'sync.state'> = {
  audience: 'session',
  isTouchedBy: (change) =>
    change.kind === 'exchange' || touchesOutbox(change) || touches(change, 'reviews', 'requests'),
  compute: (_input, { replica, scope }, workstation) => {
    const exchange = workstation.exchange()?.state();
    const { pending, quarantined, oldestPendingAt } = replica.outbox.counts();
    return {
      link: exchange?.link ?? 'offline',
      refusal: exchange?.refusal ?? null,
      unsent: pending,
      oldestUnsentAt: oldestPendingAt,
      quarantined,
      openReviews: countOpenReviews(replica),
      waitingRequests: countWaitingRequests(replica, scope),
      lastContactAt: exchange?.lastContactAt ?? null,
      isFirstCopy: exchange?.isFirstCopy ?? false,
      received: exchange?.received ?? 0,
      healed: exchange?.healed ?? 0,
    };
  },
};
