import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type CborMap, cborMap, encodeCbor } from '#access/ctap/cbor.ts';
import {
  asMap,
  booleanAt,
  bytesAt,
  countAt,
  integerAt,
  listAt,
  mapAt,
  textAt,
} from '#access/ctap/cbor-fields.ts';
import { type CurvePoint, coseAlgorithm, coseKey, keyPairFrom } from '#access/ctap/p256.ts';
import type { WorkCall } from './hid-side.ts';
import { answerWith, bytesOf, type KeySession, mapOf, refuse, status } from './session.ts';

const flag = { present: 0x01, verified: 0x04, credential: 0x40, extensions: 0x80 } as const;
const permissionBits = { make: 0x01, get: 0x02 } as const;
const aaguid = Buffer.from('00000000000000000000000076697274', 'hex');
const nonceLength = 32;

/** What happened between the key and its owner in a request. */
interface Presence {
  readonly isPresent: boolean;
  readonly isVerified: boolean;
}

/** authenticatorMakeCredential: non-resident ES256 credentials only. */
export async function makeCredential(session: KeySession, map: CborMap, call: WorkCall): Promise<Uint8Array> {
  const hash = bytesOf(map, 1);
  const relyingParty = textAt(mapOf(map, 2), 'id') ?? refuse(status.missingParameter);
  bytesAt(mapOf(map, 3), 'id') ?? refuse(status.missingParameter);
  const algorithms = (listAt(map, 4) ?? refuse(status.missingParameter)).map(asMap);
  if (!algorithms.some((each) => each && integerAt(each, 'alg') === coseAlgorithm.es256)) {
    return refuse(status.algorithm);
  }
  const options = mapAt(map, 7) ?? new Map();
  if (booleanAt(options, 'rk') === true) return refuse(status.unsupportedOption);
  if (booleanAt(options, 'up') === false) return refuse(status.invalidOption);
  const authentication = { protocol: countAt(map, 9), authentication: bytesAt(map, 8) };
  const presence = await prove(
    session,
    { ...authentication, options, hash, relyingParty },
    permissionBits.make,
    call,
  );
  if ((listAt(map, 5) ?? []).some((each) => ownCredential(session, asMap(each), relyingParty))) {
    return refuse(status.excluded);
  }
  const asked = mapAt(map, 6) ?? new Map();
  const protection = countAt(asked, 'credProtect') ?? 1;
  const nonce = session.random.bytes(nonceLength);
  const id = credentialId(session, nonce, protection, relyingParty);
  return attested(session, { hash, relyingParty, id, nonce, presence, asked, protection });
}

interface Made {
  readonly hash: Uint8Array;
  readonly relyingParty: string;
  readonly id: Uint8Array;
  readonly nonce: Uint8Array;
  readonly presence: Presence;
  readonly asked: CborMap;
  readonly protection: number;
}

function attested(session: KeySession, made: Made): Uint8Array {
  const { lie, profile } = session;
  const { point, privateKey } = signingKey(session, made.nonce);
  const shown = lie === 'off-curve-public-key' ? { x: point.x, y: point.x } : point;
  const extensions = cborMap([
    [
      'credProtect',
      made.asked.has('credProtect') ? (lie === 'unprotected' ? 1 : made.protection) : undefined,
    ],
    ['hmac-secret', made.asked.has('hmac-secret') ? lie !== 'no-secret-made' : undefined],
  ]);
  const attestedCredential = Buffer.concat([
    aaguid,
    Uint8Array.of(made.id.length >> 8, made.id.length & 0xff),
    made.id,
    encodeCbor(coseKey(shown, coseAlgorithm.es256)),
  ]);
  const data = authenticatorData(session, made.relyingParty, made.presence, attestedCredential, extensions);
  const statement =
    profile.attestation === 'none' && lie !== 'wrong-attestation'
      ? cborMap([])
      : cborMap([
          ['alg', coseAlgorithm.es256],
          ['sig', signed(data, made.hash, privateKey, lie === 'wrong-attestation')],
        ]);
  return answerWith([
    [1, statement.size === 0 ? 'none' : 'packed'],
    [2, data],
    [3, statement],
  ]);
}

/** authenticatorGetAssertion, with hmac-secret. */
export async function getAssertion(session: KeySession, map: CborMap, call: WorkCall): Promise<Uint8Array> {
  const relyingParty = textAt(map, 1) ?? refuse(status.missingParameter);
  const hash = bytesOf(map, 2);
  const options = mapAt(map, 5) ?? new Map();
  if (options.has('rk')) return refuse(status.unsupportedOption);
  const isSilent = booleanAt(options, 'up') === false;
  const authentication = { protocol: countAt(map, 7), authentication: bytesAt(map, 6) };
  const proved = await proveForAssertion(session, { ...authentication, options, hash, relyingParty }, call);
  const found = (listAt(map, 3) ?? [])
    .map((each) => ownCredential(session, asMap(each), relyingParty))
    .find((each) => each !== undefined && isVisible(each.protection, proved.isVerified));
  if (found === undefined) return refuse(status.noCredentials);
  const presence = isSilent
    ? { ...proved, isPresent: false }
    : await touchUnlessPresent(session, proved, call);
  const input = mapAt(mapAt(map, 4) ?? new Map(), 'hmac-secret');
  if (input !== undefined && isSilent) return refuse(status.unsupportedOption);
  const secret = input && secretOutput(session, input, found.nonce, presence.isVerified);
  if (session.token !== undefined && !isSilent) session.token.permissions = 0;
  return asserted(session, { hash, relyingParty, found, presence, secret });
}

interface Asserted {
  readonly hash: Uint8Array;
  readonly relyingParty: string;
  readonly found: OwnCredential;
  readonly presence: Presence;
  readonly secret: Uint8Array | undefined;
}

function asserted(
  session: KeySession,
  { hash, relyingParty, found, presence, secret }: Asserted,
): Uint8Array {
  const { lie } = session;
  const nonce = lie === 'signed-by-another' ? session.random.bytes(nonceLength) : found.nonce;
  const extensions = cborMap([['hmac-secret', lie === 'no-secret' ? undefined : secret]]);
  const data = authenticatorData(session, relyingParty, presence, undefined, extensions);
  const signature = signed(data, hash, signingKey(session, nonce).privateKey, lie === 'wrong-signature');
  const id = lie === 'other-credential' ? found.id.map((byte) => byte ^ 0x55) : found.id;
  const credential = cborMap([
    ['id', id],
    ['type', 'public-key'],
  ]);
  return answerWith([
    [1, credential],
    [2, data],
    [3, signature],
  ]);
}

interface ProofRequest {
  readonly protocol: number | undefined;
  readonly authentication: Uint8Array | undefined;
  readonly options: CborMap;
  readonly hash: Uint8Array;
  readonly relyingParty: string;
}

/** For making: the owner verified where the key can verify, and present in any case. */
async function prove(
  session: KeySession,
  request: ProofRequest,
  permission: number,
  call: WorkCall,
): Promise<Presence> {
  const proved = await verify(session, request, permission, call);
  const isProtected = session.memory.pinHash !== undefined || session.memory.fingers.length > 0;
  if (!proved.isVerified && isProtected) return refuse(status.verificationRequired);
  const presence = await touchUnlessPresent(session, proved, call);
  if (session.token !== undefined) session.token.permissions = 0;
  return presence;
}

const proveForAssertion = (session: KeySession, request: ProofRequest, call: WorkCall): Promise<Presence> =>
  verify(session, request, permissionBits.get, call);

async function verify(
  session: KeySession,
  request: ProofRequest,
  permission: number,
  call: WorkCall,
): Promise<Presence> {
  if (request.authentication?.length === 0) return answerSelection(session, call);
  if (request.authentication !== undefined) {
    const token = session.tokenBehind(request, request.hash, permission, request.relyingParty);
    return { isPresent: token.isPresent, isVerified: true };
  }
  if (booleanAt(request.options, 'uv') !== true) return { isPresent: false, isVerified: false };
  if (session.memory.fingers.length === 0) return refuse(status.invalidOption);
  await session.verifyFinger(call);
  return { isPresent: true, isVerified: true };
}

/** An empty authentication asks for no more than a touch, to find the key that is meant (CTAP 2.1, 6.1.2, step 1). */
async function answerSelection(session: KeySession, call: WorkCall): Promise<never> {
  await session.waitForTouch(call);
  return refuse(session.memory.pinHash === undefined ? status.pinNotSet : status.pinInvalid);
}

async function touchUnlessPresent(session: KeySession, proved: Presence, call: WorkCall): Promise<Presence> {
  if (!proved.isPresent) await session.waitForTouch(call);
  return { ...proved, isPresent: true };
}

/** credProtect 3 hides a credential from whoever is not verified; 2 only when it is not named, which it always is here. */
const isVisible = (protection: number, isVerified: boolean): boolean => protection < 3 || isVerified;

interface OwnCredential {
  readonly id: Uint8Array;
  readonly nonce: Uint8Array;
  readonly protection: number;
}

function credentialId(
  session: KeySession,
  nonce: Uint8Array,
  protection: number,
  relyingParty: string,
): Uint8Array {
  const body = Uint8Array.from([protection, ...nonce]);
  const tag = hmac(
    sha256,
    session.memory.seed,
    Buffer.concat([Buffer.from('id'), body, Buffer.from(relyingParty)]),
  );
  return Uint8Array.from([...body, ...tag]);
}

function ownCredential(
  session: KeySession,
  named: CborMap | undefined,
  relyingParty: string,
): OwnCredential | undefined {
  const id = named && bytesAt(named, 'id');
  const protection = id?.[0];
  if (id === undefined || protection === undefined) return undefined;
  const nonce = id.slice(1, 1 + nonceLength);
  const expected = credentialId(session, nonce, protection, relyingParty);
  return Buffer.compare(id, expected) === 0 ? { id, nonce, protection } : undefined;
}

function signingKey(
  { memory }: KeySession,
  nonce: Uint8Array,
): { readonly point: CurvePoint; readonly privateKey: KeyObject } {
  for (let draw = 0; ; draw += 1) {
    const scalar = hmac(sha256, memory.seed, Buffer.concat([Buffer.from(`sign ${draw}`), nonce]));
    const pair = keyPairFrom(scalar);
    if (pair === undefined) continue;
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
    const { x, y } = pair.publicPoint;
    const jwk = { kty: 'EC', crv: 'P-256', x: text(x), y: text(y), d: text(scalar) };
    return { point: pair.publicPoint, privateKey: createPrivateKey({ format: 'jwk', key: jwk }) };
  }
}

/** Two secrets per credential: one for verified owners, another for whoever merely touches (CTAP 2.1, 12.5). */
function secretOutput(
  session: KeySession,
  input: CborMap,
  nonce: Uint8Array,
  isVerified: boolean,
): Uint8Array {
  const shared = session.sharedWith(countAt(input, 4) ?? 1, mapAt(input, 1));
  const sealed = bytesOf(input, 2);
  if (Buffer.compare(shared.authenticate(sealed), bytesOf(input, 3)) !== 0) return refuse(status.authInvalid);
  const salts = shared.decrypt(sealed);
  if (salts?.length !== 32 && salts?.length !== 64) return refuse(status.invalidLength);
  const use = Buffer.from(isVerified ? 'secret with verification' : 'secret without');
  const credentialRandom = hmac(sha256, session.memory.seed, Buffer.concat([use, nonce]));
  const outputs = [salts.subarray(0, 32), salts.subarray(32)]
    .filter((salt) => salt.length > 0)
    .map((salt) => hmac(sha256, credentialRandom, salt));
  const whole = Buffer.concat(outputs);
  return shared.encrypt(session.lie === 'short-secret' ? whole.subarray(0, 16) : whole);
}

function authenticatorData(
  session: KeySession,
  relyingParty: string,
  presence: Presence,
  credential: Uint8Array | undefined,
  extensions: CborMap,
): Uint8Array {
  const { lie, memory } = session;
  memory.signCount += 1;
  const head = Buffer.alloc(37);
  head.set(sha256(Buffer.from(lie === 'other-relying-party' ? 'example.org' : relyingParty)));
  head[32] =
    (presence.isPresent && lie !== 'not-present' ? flag.present : 0) |
    (presence.isVerified && lie !== 'unverified' ? flag.verified : 0) |
    (credential === undefined ? 0 : flag.credential) |
    (extensions.size === 0 ? 0 : flag.extensions);
  head.writeUInt32BE(memory.signCount, 33);
  const tail = extensions.size === 0 ? new Uint8Array() : encodeCbor(extensions);
  return Uint8Array.from(Buffer.concat([head, credential ?? new Uint8Array(), tail]));
}

function signed(data: Uint8Array, hash: Uint8Array, key: KeyObject, isWrong: boolean): Uint8Array {
  const message = isWrong ? Buffer.concat([data, hash, Uint8Array.of(0)]) : Buffer.concat([data, hash]);
  return Uint8Array.from(sign('sha256', message, { key, dsaEncoding: 'der' }));
}
