import { addStaff } from '../staff-enrolment.ts';
import { whileUnlocked } from './handler.ts';
import { withAccess } from './open-access.ts';

const enrol = whileUnlocked<'staff.enrol'>((input, session, workstation) =>
  withAccess(workstation, ({ slots, dataKey }) =>
    addStaff(workstation.proofSources(), session, slots, dataKey, input),
  ),
);

/** Who works here. */
export const staffRequests = { 'staff.enrol': enrol };
