import type { Migration } from './migration.ts';

/** Finds the requests about a patient whose record comes back after a restore (docs/specs/center.md SHA-11). */
export const requestsOfPatient: Migration = {
  version: 7,
  name: 'requests of a patient',
  sql: `
create index request_of_patient on doc (scope, (substring(body from '"patientId":"([0-9a-f-]{36})"')))
where collection = 'requests';
`,
};
