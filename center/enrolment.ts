import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import { type DeviceId, DeviceIdSchema, type Scope, ScopeSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { hashCode, makeCode, readCode, spellCode } from './enrolment-code.ts';
import { hashTicket, newTicket } from './gateway/tickets.ts';
import type { CenterIdentity } from './identity.ts';
import { publicKeyFrom } from './identity.ts';
import type { Effects } from './ports.ts';
import { bigint, type Database, type Session, type Statement } from './postgres/database.ts';
import { newDeviceId } from './uuid.ts';

/** How long a code may wait to be typed. */
export const codeLifeMs = 24 * 3_600_000;

/** A code as it is shown once; the center keeps only its hash. */
export interface EnrolmentCode {
  readonly code: string;
  readonly scope: Scope;
  readonly expiresAt: number;
}

/** What a workstation says when it wants to be enrolled. */
export interface EnrolmentRequest {
  readonly code: string;
  /** Raw Ed25519 public key, base64. */
  readonly publicKey: string;
  readonly label: string;
}

/** What it gets. */
export interface Enrolment {
  readonly device: DeviceId;
  readonly scope: Scope;
  readonly ticket: string;
  readonly certificate: string;
}

/** Makes and takes enrolment codes (docs/specs/center.md, ENR). */
export interface EnrolmentDesk {
  /** A new single-use code for a facility. Fails with `record.not-found` if there is no such facility. */
  createCode(scope: Scope): Promise<Result<EnrolmentCode>>;
  /** Accepts a workstation. Fails with `enrolment.code-unknown`, `enrolment.code-stale` or `sync.proof-refused`. */
  enrol(request: EnrolmentRequest): Promise<Result<Enrolment>>;
}

const insertCode: Statement = {
  name: 'enrolment-insert-code',
  text: `
insert into enrolment_code (code_hash, scope, created_at, expires_at)
select $1, scope, $3, $4 from facility where scope = $2`,
};
const lockCode: Statement = {
  name: 'enrolment-lock-code',
  text: 'select scope, expires_at, device from enrolment_code where code_hash = $1 for update',
};
const spendCode: Statement = {
  name: 'enrolment-spend-code',
  text: 'update enrolment_code set used_at = $2, device = $3 where code_hash = $1',
};
const insertDevice: Statement = {
  name: 'enrolment-insert-device',
  text: `
insert into device (id, scope, public_key, label, confirmed_ticket, enrolled_at) values ($1, $2, $3, $4, $5, $6)`,
};
/**
 * A workstation whose answer got lost asks again; it has never been here since, and its key is the same. The ticket of the last
 * answer stays good: perhaps that one was not lost, and the question came twice.
 */
const enrolAgain: Statement = {
  name: 'enrolment-again',
  text: `
update device set confirmed_ticket = coalesce(offered_ticket, confirmed_ticket), offered_ticket = $3
where id = $1 and public_key = $2 and last_contact_at is null and revoked_at is null and cloned_at is null`,
};

const CodeSchema = v.object({ scope: ScopeSchema, expires_at: bigint, device: v.nullable(DeviceIdSchema) });

/** The desk on `database`. */
export function createEnrolmentDesk(
  database: Database,
  identity: CenterIdentity,
  effects: Effects,
): EnrolmentDesk {
  return {
    createCode: async (scope) => {
      const code = makeCode(effects.random);
      const now = effects.clock.now();
      const expiresAt = now + codeLifeMs;
      const made = await database.run(insertCode, [hashCode(identity.id, code), scope, now, expiresAt]);
      return made === 1
        ? ok({ code: spellCode(code), scope, expiresAt })
        : fail(appError('record.not-found'));
    },
    enrol: async (request) => {
      const code = readCode(request.code);
      if (code === undefined) return fail(appError('enrolment.code-unknown'));
      const key = Buffer.from(request.publicKey, 'base64');
      if (publicKeyFrom(key) === undefined) return fail(appError('sync.proof-refused'));
      const hash = hashCode(identity.id, code);
      const candidate = { hash, publicKey: key.toString('base64'), label: plainLabel(request.label) };
      const accepted = await database.transaction((session) => accept(session, candidate, effects));
      return accepted.ok
        ? ok({ ...accepted.value, certificate: certify(identity, accepted.value) })
        : accepted;
    },
  };
}

interface Candidate {
  readonly hash: string;
  readonly publicKey: string;
  readonly label: string;
}

type Accepted = Omit<Enrolment, 'certificate'> & { readonly publicKey: string };

async function accept(
  session: Session,
  candidate: Candidate,
  effects: Effects,
): Promise<Result<Accepted, AppError>> {
  const [code] = await session.rows(lockCode, CodeSchema, [candidate.hash]);
  if (code === undefined) return fail(appError('enrolment.code-unknown'));
  const now = effects.clock.now();
  const ticket = newTicket(effects.random);
  const answer = { scope: code.scope, ticket, publicKey: candidate.publicKey };
  if (code.device !== null) {
    const again = await session.run(enrolAgain, [code.device, candidate.publicKey, hashTicket(ticket)]);
    return again === 1 ? ok({ ...answer, device: code.device }) : fail(appError('enrolment.code-stale'));
  }
  if (code.expires_at <= now) return fail(appError('enrolment.code-stale'));
  const device = newDeviceId(effects.clock, effects.random);
  const { publicKey, label } = candidate;
  await session.run(insertDevice, [device, code.scope, publicKey, label, hashTicket(ticket), now]);
  await session.run(spendCode, [candidate.hash, now, device]);
  return ok({ ...answer, device });
}

const certify = (identity: CenterIdentity, accepted: Accepted) =>
  identity.sign(`${accepted.device}\n${accepted.scope}\n${accepted.publicKey}`);

/** A label is for people: control characters, which PostgreSQL and terminals stumble over, become blanks. */
const plainLabel = (label: string) => label.replaceAll(/\p{C}/gu, ' ').trim();
