import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import * as v from 'valibot';
import type { Effects } from './ports.ts';
import type { Database, Statement } from './postgres/database.ts';
import { uuidV7 } from './uuid.ts';

/** Who the center is: its stable id, its epoch, and the key it countersigns workstations with. */
export interface CenterIdentity {
  readonly id: string;
  /** Raw Ed25519 public key, base64. */
  readonly publicKey: string;
  /** Ed25519 signature over `text`, base64. */
  sign(text: string): string;
}

const insertCenter: Statement = {
  name: 'center-insert',
  text: 'insert into center (id, epoch, private_key) values ($1, $2, $3) on conflict do nothing',
};
const readCenter: Statement = { name: 'center-read', text: 'select id, private_key from center' };
const readEpochStatement: Statement = { name: 'center-read-epoch', text: 'select epoch from center' };
const changeEpoch: Statement = { name: 'center-change-epoch', text: 'update center set epoch = $1' };
const forgetTickets: Statement = {
  name: 'center-forget-tickets',
  text: 'update device set confirmed_ticket = null, offered_ticket = null',
};

const CenterSchema = v.object({ id: v.pipe(v.string(), v.uuid()), private_key: v.string() });
const EpochRowSchema = v.object({ epoch: v.pipe(v.string(), v.uuid()) });

/** ASN.1 in front of the 32 bytes of an Ed25519 private key (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Bytes in front of the raw key in an Ed25519 SubjectPublicKeyInfo (RFC 8410, section 4). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads who this center is; decides it at the first start of a database. */
export async function loadIdentity(database: Database, effects: Effects): Promise<CenterIdentity> {
  const fresh = [uuidV7(effects.clock, effects.random), uuidV7(effects.clock, effects.random)];
  await database.run(insertCenter, [...fresh, Buffer.from(effects.random.bytes(32)).toString('hex')]);
  const [row] = await database.rows(readCenter, CenterSchema, []);
  if (row === undefined) throw new Error('The database has no center.');
  const seed = Buffer.from(row.private_key, 'hex');
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  return {
    id: row.id,
    publicKey: rawPublicKey(key).toString('base64'),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64'),
  };
}

/** The raw 32 bytes of the public half of an Ed25519 key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
}

/** An Ed25519 public key from its raw 32 bytes; undefined if `raw` is none. */
export function publicKeyFrom(raw: Buffer): KeyObject | undefined {
  if (raw.length !== 32) return undefined;
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** The present epoch. */
export async function readEpoch(database: Database): Promise<string> {
  const [row] = await database.rows(readEpochStatement, EpochRowSchema, []);
  if (row === undefined) throw new Error('The database has no center.');
  return row.epoch;
}

/**
 * Begins a new epoch, after the database was restored from a backup: every workstation then offers again what it sent
 * since. The restored tickets may be older than those the workstations hold, so each one's next ticket is believed once.
 */
export async function beginEpoch(database: Database, effects: Effects): Promise<string> {
  const epoch = uuidV7(effects.clock, effects.random);
  await database.transaction(async (session) => {
    await session.run(changeEpoch, [epoch]);
    await session.run(forgetTickets, []);
  });
  return epoch;
}
