import * as v from 'valibot';
import type { AuditAction } from '#contracts/bridge/audit.ts';
import type { RequestName } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { type PersonId, RecordIdSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import {
  enrolAskedKey,
  enrolKey,
  removeKey,
  setPassphrase,
  webauthnBeginning,
  webauthnOptions,
} from '../access-desk.ts';
import { changePin, describeKey, enrolFinger, removeFinger } from '../key-care.ts';
import type { Session } from '../session.ts';
import type { Workstation } from '../workstation.ts';
import { type RequestHandler, whileUnlocked } from './handler.ts';
import { withAccess } from './open-access.ts';

/** Writes a line into the audit trail about a person's ways in; without a person about everybody's. */
const note = (
  workstation: Workstation,
  session: Session,
  action: string,
  about: { readonly person?: PersonId; readonly reason?: string } = {},
) => {
  const { person, reason } = about;
  const whose =
    person === undefined ? {} : ({ collection: 'staff', record: v.parse(RecordIdSchema, person) } as const);
  return workstation.trail.look(session, { action, ...whose, ...(reason === undefined ? {} : { reason }) });
};

const cancel: RequestHandler<'access.cancel'> = async (_input, { workstation }) => {
  workstation.door.operations.cancel();
  return ok({});
};

const cardTyped: RequestHandler<'access.card-typed'> = async ({ text }, { workstation }) => {
  workstation.door.typed(text);
  return ok({});
};

const options: RequestHandler<'access.webauthn-options'> = async ({ person }, { workstation }) => {
  const slots = workstation.slots();
  return slots === null
    ? fail(appError('access.unknown-person'))
    : ok(webauthnOptions(slots, workstation.parts, person));
};

const enrol = whileUnlocked<'keys.enrol'>((input, session, workstation) =>
  withAccess(workstation, async (access) => {
    const enrolled = await enrolKey(access, workstation.proofSources(), session, input);
    if (enrolled.ok) await note(workstation, session, 'keys.enrol', { person: input.person });
    return enrolled.ok ? ok({ needsSecond: enrolled.value.needsSecond }) : enrolled;
  }),
);

const webauthnBegin = whileUnlocked<'keys.webauthn-begin'>((input, _session, workstation) => {
  const slots = workstation.slots();
  if (slots?.people().some(({ id }) => id === input.person) !== true)
    return fail(appError('access.unknown-person'));
  return ok(webauthnBeginning(slots, workstation.parts, input));
});

const webauthnFinish = whileUnlocked<'keys.webauthn-finish'>((input, session, workstation) =>
  withAccess(workstation, async (access) => {
    const enrolled = await enrolAskedKey(access, workstation.proofSources(), session, input);
    if (enrolled.ok) await note(workstation, session, 'keys.enrol', { person: input.person });
    return enrolled.ok ? ok({ needsSecond: enrolled.value.needsSecond }) : enrolled;
  }),
);

const remove = whileUnlocked<'keys.remove'>((input, session, workstation) =>
  withAccess(workstation, async (access) => {
    const removed = await removeKey(access, session, input);
    if (!removed.ok) return removed;
    await note(workstation, session, 'keys.remove', { person: removed.value, reason: input.reason });
    // One that was lost may be in somebody's hands: what it opens must not be worth anything any more.
    if (input.reason === 'lost') workstation.renewSoon();
    return ok({});
  }),
);

const describe = whileUnlocked<'keys.describe'>((input, _session, workstation) =>
  describeKey(workstation.proofSources(), input),
);

/** What changes whose finger or PIN a key takes changes who can come in with it. */
const changingKey = async (
  workstation: Workstation,
  session: Session,
  action: AuditAction,
  changing: Promise<Result<Record<string, never>>>,
) => {
  const changed = await changing;
  if (changed.ok) await note(workstation, session, action);
  return changed;
};

const addFinger = whileUnlocked<'keys.enrol-finger'>((input, session, workstation) =>
  changingKey(workstation, session, 'keys.finger', enrolFinger(workstation.proofSources(), input)),
);

const takeFinger = whileUnlocked<'keys.remove-finger'>((input, session, workstation) =>
  changingKey(workstation, session, 'keys.finger-removed', removeFinger(workstation.proofSources(), input)),
);

const newPin = whileUnlocked<'keys.change-pin'>((input, session, workstation) =>
  changingKey(workstation, session, 'keys.pin', changePin(workstation.proofSources(), input)),
);

const changePassphrase = whileUnlocked<'staff.change-passphrase'>(({ next }, session, workstation) =>
  withAccess(workstation, async (access) => {
    // Without keys of one's own this would end all other ways in: that is for an administrator to do on purpose.
    using own = access.ownKeys();
    if (own === null) return fail(appError('access.forbidden', { rule: 'no-keys' }));
    const set = await setPassphrase(access, workstation.proofSources(), session, {
      person: session.person,
      next,
      proof: null,
    });
    if (set.ok) await note(workstation, session, 'keys.enrol', { person: session.person });
    return set.ok ? ok({}) : set;
  }),
);

const resetPassphrase = whileUnlocked<'staff.reset-passphrase'>((input, session, workstation) =>
  withAccess(workstation, async (access) => {
    const set = await setPassphrase(access, workstation.proofSources(), session, input);
    if (set.ok) await note(workstation, session, 'keys.enrol', { person: input.person });
    return set.ok ? ok({}) : set;
  }),
);

const removePerson = whileUnlocked<'staff.remove'>(({ person, reason }, session, workstation) =>
  withAccess(workstation, async ({ slots, dataKey }) => {
    if (person === session.person) return fail(appError('access.forbidden', { rule: 'oneself' }));
    const removed = await slots.remove(dataKey, person, 'gone');
    if (!removed.ok) return removed;
    await workstation.door.bindCard(person, null);
    await note(workstation, session, 'keys.remove', { person, reason });
    workstation.renewSoon();
    return ok({});
  }),
);

const bindCard = whileUnlocked<'staff.bind-card'>(({ person, reading }, _session, workstation) =>
  withAccess(workstation, async ({ slots }) => {
    if (!slots.people().some(({ id }) => id === person)) return fail(appError('access.unknown-person'));
    const bound = await workstation.door.bindCard(person, reading);
    return bound.ok ? ok({}) : bound;
  }),
);

const makePaper = whileUnlocked<'recovery.make-paper'>((_input, _session, workstation) =>
  ok({ groups: [...workstation.door.paper.draw()] }),
);

const keepPaper = whileUnlocked<'recovery.keep-paper'>(({ groups }, session, workstation) =>
  withAccess(workstation, async ({ slots, dataKey }) => {
    const key = workstation.door.paper.typedBack(groups);
    if (!key.ok) return key;
    const kept = await slots.keepPaperKey(dataKey, key.value);
    if (!kept.ok) return kept;
    workstation.door.paper.forget();
    await note(workstation, session, 'keys.paper');
    return ok({});
  }),
);

const setHolders = whileUnlocked<'recovery.set-holders'>(({ people }, session, workstation) =>
  withAccess(workstation, async ({ slots, dataKey }) => {
    const set = await slots.setBreakGlassHolders(dataKey, people);
    if (!set.ok) return set;
    await note(workstation, session, 'keys.holders');
    return ok({});
  }),
);

const breakGlass: RequestHandler<'session.break-glass'> = (input, { workstation }) =>
  workstation.breakGlass(input);

/** Keys, cards, and who may open this workstation. */
export const accessRequests = {
  'access.cancel': cancel,
  'access.card-typed': cardTyped,
  'access.webauthn-options': options,
  'keys.enrol': enrol,
  'keys.webauthn-begin': webauthnBegin,
  'keys.webauthn-finish': webauthnFinish,
  'keys.remove': remove,
  'keys.describe': describe,
  'keys.enrol-finger': addFinger,
  'keys.remove-finger': takeFinger,
  'keys.change-pin': newPin,
  'staff.change-passphrase': changePassphrase,
  'staff.reset-passphrase': resetPassphrase,
  'staff.remove': removePerson,
  'staff.bind-card': bindCard,
  'recovery.make-paper': makePaper,
  'recovery.keep-paper': keepPaper,
  'recovery.set-holders': setHolders,
  'session.break-glass': breakGlass,
} satisfies { readonly [Name in RequestName]?: RequestHandler<Name> };
