import { createPublicKey, verify } from 'node:crypto';
import * as v from 'valibot';
import { signableVisit } from '#clinic/signatures/signable.ts';
import { type SignatureVerdict, type VerifyEd25519, verifySignature } from '#clinic/signatures/verify.ts';
import { type RecordId, RecordIdSchema, type Scope, ScopeSchema } from '#contracts/ids.ts';
import type { StaffKey } from '#contracts/records/signature.ts';
import type { Database, Statement } from '../postgres/database.ts';
import { readStored } from '../sharing/center-version.ts';

const readPage: Statement = {
  name: 'signatures-page',
  text: `
select id, body from doc where scope = $1 and collection = $2 and id > $3::uuid order by id limit $4`,
};
const readFacilities: Statement = { name: 'signatures-facilities', text: 'select scope from facility' };

const RowSchema = v.object({ id: RecordIdSchema, body: v.string() });
const recordsPerRead = 500;
const beforeTheFirst = '00000000-0000-0000-0000-000000000000';

/** A signature that does not hold. */
export interface BadSignature {
  readonly scope: Scope;
  readonly visit: RecordId;
  readonly signature: string;
  readonly verdict: Exclude<SignatureVerdict, 'valid'>;
}

/** What {@link checkSignatures} saw. */
export interface SignatureReport {
  readonly signed: number;
  readonly bad: readonly BadSignature[];
}

/** Most signatures named in a report. */
const mostNamed = 10_000;

/**
 * Verifies every signature of the newest visits of one facility, or of all (SIG-4), some hundred records at a time. The keys are
 * those of all facilities' staff: whoever works elsewhere now signed here once.
 */
export async function checkSignatures(database: Database, only?: Scope): Promise<SignatureReport> {
  const rows = await database.rows(readFacilities, v.object({ scope: ScopeSchema }), []);
  const scopes = rows.map(({ scope }) => scope);
  const keysByPerson = new Map<string, readonly StaffKey[]>();
  for (const scope of scopes) {
    for await (const { id, body } of recordsOf(database, scope, 'staff')) {
      keysByPerson.set(id, readStored('staff', body).body.keys ?? []);
    }
  }
  let signed = 0;
  const bad: BadSignature[] = [];
  for (const scope of only === undefined ? scopes : [only]) {
    for await (const row of recordsOf(database, scope, 'visits')) {
      const visit = readStored('visits', row.body);
      for (const signature of visit.body.signatures ?? []) {
        signed += 1;
        const keys = (person: string) => keysByPerson.get(person) ?? [];
        const verdict = verifySignature(signableVisit, visit, signature, keys, isSignedBy);
        if (verdict !== 'valid' && bad.length < mostNamed) {
          bad.push({ scope, visit: visit.id, signature: signature.id, verdict });
        }
      }
    }
  }
  return { signed, bad };
}

async function* recordsOf(database: Database, scope: Scope, collection: 'staff' | 'visits') {
  let after = beforeTheFirst;
  for (;;) {
    const rows = await database.rows(readPage, RowSchema, [scope, collection, after, recordsPerRead]);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < recordsPerRead) return;
    after = last.id;
  }
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 public key in SPKI. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const isSignedBy: VerifyEd25519 = (publicKey, bytes, signature) => {
  try {
    const der = Buffer.concat([spkiPrefix, Buffer.from(publicKey, 'base64')]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, bytes, key, Buffer.from(signature, 'base64'));
  } catch {
    // No point of the curve: nothing was ever signed with it.
    return false;
  }
};
