import { settleReview } from '#clinic/actions/settle-review.ts';
import { act } from '../acting.ts';
import { whileUnlocked } from './handler.ts';

/** Conflicts and possible duplicates that a person settles. */
export const reviewRequests = {
  'reviews.settle': whileUnlocked<'reviews.settle'>((input, session) => act(session, settleReview, input)),
};
