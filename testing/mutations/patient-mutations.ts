import { type Mutation, system } from './mutation.ts';

const traps = [system('testing/center/patients-of-documents.test.ts')];

const edit = (file: string, find: string, replace: string) => [{ file: `center/${file}`, find, replace }];

/** Bugs in what the center notes of whose a record is (docs/specs/center.md SHA-10). */
export const patientMutations: readonly Mutation[] = [
  {
    name: 'visits of nobody',
    why: 'a guest gets the patient without the visits',
    edits: edit(
      'record-matters.ts',
      "if (isOf('visits', collection, record.body)) return { kind: 'patient', id: record.body.patientId };",
      "if (isOf('visits', collection, record.body)) return null;",
    ),
    traps,
  },
  {
    name: 'patients of themselves',
    why: 'a patient’s record is taken away and brought as one more of the records about the patient',
    edits: edit(
      'record-matters.ts',
      "return collection !== 'patients' && subject?.kind === 'patient' ? subject.id : null;",
      "return collection !== 'reference' && subject?.kind === 'patient' ? subject.id : null;",
    ),
    traps,
  },
  {
    name: 'reviews of visits of nobody',
    why: 'a question about a visit does not travel with it',
    edits: edit(
      'sharing/note-applied.ts',
      "subject?.kind === 'visit' ? [{ id, visit: subject.id }] : [],",
      "subject?.kind === 'patient' ? [{ id, visit: subject.id }] : [],",
    ),
    traps,
  },
  {
    name: 'traces of nobody',
    why: 'what is written about a visit that left does not go home',
    edits: edit(
      'sharing/shares.ts',
      '    leaving.map((copy) => copy.patient),',
      '    leaving.map(() => null),',
    ),
    traps,
  },
  {
    name: 'a visit stays with its first patient',
    why: 'a visit that was put right follows the wrong patient',
    edits: edit(
      'sharing/statements.ts',
      'update doc set rev = n.rev, body = n.body, home = n.home, patient = coalesce(n.patient, doc.patient)',
      'update doc set rev = n.rev, body = n.body, home = n.home, patient = coalesce(doc.patient, n.patient)',
    ),
    traps,
  },
  {
    name: 'documents of an older center of nobody',
    why: 'after the update shared patients get no news any more',
    edits: edit(
      'migrations/0008-patients-of-documents.ts',
      'where p.scope = doc.scope and p.collection = doc.collection and p.id = doc.id;',
      'where p.scope = doc.scope and p.collection = doc.collection and p.id = doc.id and false;',
    ),
    traps,
  },
  {
    name: 'traces of an older center of nobody',
    why: 'after the update what is written about a visit that left before does not go home',
    edits: edit(
      'migrations/0008-patients-of-documents.ts',
      'where p.scope = withdrawn.scope and p.collection = withdrawn.collection and p.id = withdrawn.id;',
      'where p.scope = withdrawn.scope and p.collection = withdrawn.collection and p.id = withdrawn.id and false;',
    ),
    traps,
  },
];
