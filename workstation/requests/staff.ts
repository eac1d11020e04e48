import { whileUnlocked } from './handler.ts';

const enrol = whileUnlocked<'staff.enrol'>((input, session, workstation) =>
  workstation.enrolStaff(session, input),
);

/** Who works here. */
export const staffRequests = { 'staff.enrol': enrol };
