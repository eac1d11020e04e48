import type { Migration } from './migration.ts';

/**
 * Whose record it is stands with the record, not in a row beside it with two indexes of its own; what left a facility keeps it in
 * its trace (docs/specs/center.md SHA-2).
 */
export const patientsOfDocuments: Migration = {
  version: 8,
  name: 'patients of documents',
  sql: `
alter table doc add column patient uuid;
alter table withdrawn add column patient uuid;

update doc set patient = p.patient from patient_record p
where p.scope = doc.scope and p.collection = doc.collection and p.id = doc.id;

update withdrawn set patient = p.patient from patient_record p
where p.scope = withdrawn.scope and p.collection = withdrawn.collection and p.id = withdrawn.id;

create index doc_of_patient on doc (scope, patient) where patient is not null;

drop table patient_record;
`,
};
