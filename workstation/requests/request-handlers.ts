import type { RequestName } from '#contracts/bridge/requests.ts';
import { accessRequests } from './access.ts';
import type { RequestHandler } from './handler.ts';
import { patientRequests } from './patients.ts';
import { referenceRequests } from './reference.ts';
import { requestRequests } from './requests.ts';
import { reviewRequests } from './reviews.ts';
import { sessionRequests } from './session.ts';
import { staffRequests } from './staff.ts';
import { syncRequests } from './sync.ts';
import { visitRequests } from './visits.ts';

/** One handler for every request of the contract; the type checker refuses a gap. */
export const requestHandlers: { readonly [Name in RequestName]: RequestHandler<Name> } = {
  ...accessRequests,
  ...sessionRequests,
  ...staffRequests,
  ...patientRequests,
  ...visitRequests,
  ...reviewRequests,
  ...requestRequests,
  ...referenceRequests,
  ...syncRequests,
};
