import type { DraftSubject } from './draft-box.ts';

/** One text per subject; never leaves the computer's memory unless keyed (DRA-3). */
export const subjectKey = (subject: DraftSubject): string =>
  subject.form === 'visit' ? `visit/${subject.visitId}` : subject.form;
