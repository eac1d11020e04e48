import type { CborMap } from '#access/ctap/cbor.ts';
import { bytesAt, countAt, mapAt, textAt } from '#access/ctap/cbor-fields.ts';
import { coseAlgorithm, coseKey } from '#access/ctap/p256.ts';
import type { SharedSecret } from '#access/ctap/pin-uv-protocol.ts';
import type { WorkCall } from './hid-side.ts';
import { mostFingerRetries, mostPinFailuresInOneGo, mostPinRetries, pinHashOf } from './key-memory.ts';
import { answerWith, bytesOf, countOf, type KeySession, refuse, status } from './session.ts';

const permissionBits = { make: 0x01, get: 0x02, fingers: 0x08 } as const;
const known = permissionBits.make | permissionBits.get | permissionBits.fingers;

/** authenticatorClientPIN. */
export async function clientPin(session: KeySession, map: CborMap, call: WorkCall): Promise<Uint8Array> {
  if (!session.profile.hasPin && !session.profile.hasToken) return refuse(status.invalidCommand);
  switch (countOf(map, 2)) {
    case 0x01:
      return answerWith([
        [3, session.memory.pinRetries],
        [4, isPowerCycleDue(session) ? true : undefined],
      ]);
    case 0x02:
      return agreement(session);
    case 0x03:
      return setPin(session, map);
    case 0x04:
      return changePin(session, map);
    case 0x05:
      return pinToken(session, map, { isOld: true });
    case 0x06:
      return fingerToken(session, map, call);
    case 0x07:
      return answerWith([[5, session.memory.fingerRetries]]);
    case 0x09:
      return pinToken(session, map, { isOld: false });
    default:
      return refuse(status.invalidSubcommand);
  }
}

function agreement(session: KeySession): Uint8Array {
  const { x, y } = session.agreementPoint;
  const lied =
    session.lie === 'off-curve-agreement'
      ? { x, y: y.map((byte, at) => (at === 31 ? byte ^ 1 : byte)) }
      : { x, y };
  return answerWith([[1, coseKey(lied, coseAlgorithm.ecdhEsHkdf256)]]);
}

const sharedOf = (session: KeySession, map: CborMap): SharedSecret =>
  session.sharedWith(countAt(map, 1), mapAt(map, 3));

function checkAuthentication(shared: SharedSecret, map: CborMap, message: Uint8Array): void {
  if (Buffer.compare(shared.authenticate(message), bytesOf(map, 4)) !== 0) refuse(status.authInvalid);
}

function setPin(session: KeySession, map: CborMap): Uint8Array {
  if (!session.profile.hasPin) return refuse(status.invalidSubcommand);
  if (session.memory.pinHash !== undefined) return refuse(status.notAllowed);
  const shared = sharedOf(session, map);
  const sealed = bytesOf(map, 5);
  checkAuthentication(shared, map, sealed);
  takeNewPin(session, shared, sealed);
  return answerWith([]);
}

function changePin(session: KeySession, map: CborMap): Uint8Array {
  if (session.memory.pinHash === undefined) return refuse(status.pinNotSet);
  refuseWhenBlocked(session);
  const shared = sharedOf(session, map);
  const sealed = bytesOf(map, 5);
  const sealedHash = bytesOf(map, 6);
  checkAuthentication(shared, map, Buffer.concat([sealed, sealedHash]));
  checkPin(session, shared, sealedHash);
  takeNewPin(session, shared, sealed);
  session.token = undefined;
  return answerWith([]);
}

function takeNewPin(session: KeySession, shared: SharedSecret, sealed: Uint8Array): void {
  const padded = shared.decrypt(sealed);
  if (padded?.length !== 64) refuse(status.invalidParameter);
  const end = padded.findLastIndex((byte) => byte !== 0) + 1;
  const characters = [...Buffer.from(padded.subarray(0, end)).toString('utf8')].length;
  if (end > 63 || characters < 4) refuse(status.pinPolicy);
  session.memory.pinHash = pinHashOf(padded.subarray(0, end));
  session.memory.pinRetries = mostPinRetries;
  session.pinFailuresInOneGo = 0;
}

function pinToken(session: KeySession, map: CborMap, { isOld }: { readonly isOld: boolean }): Uint8Array {
  const { profile, memory } = session;
  if (!isOld && !profile.hasToken) return refuse(status.invalidSubcommand);
  if (memory.pinHash === undefined) return refuse(status.pinNotSet);
  const permissions = isOld ? oldPermissions(session) : askedPermissions(session, map);
  refuseWhenBlocked(session);
  const shared = sharedOf(session, map);
  checkPin(session, shared, bytesOf(map, 6));
  // The right PIN gives the finger its attempts back (CTAP 2.1, 6.5.5.7.2).
  memory.fingerRetries = mostFingerRetries;
  const relyingParty = isOld ? undefined : textAt(map, 10);
  const { bytes } = session.giveToken({
    protocol: shared.protocol,
    permissions,
    relyingParty,
    isPresent: false,
  });
  return answerWith([[2, shared.encrypt(bytes)]]);
}

async function fingerToken(session: KeySession, map: CborMap, call: WorkCall): Promise<Uint8Array> {
  const { profile, memory } = session;
  if (!profile.hasToken) return refuse(status.invalidSubcommand);
  const permissions = askedPermissions(session, map);
  if (memory.fingers.length === 0) return refuse(status.notAllowed);
  const shared = sharedOf(session, map);
  await session.verifyFinger(call);
  const relyingParty = textAt(map, 10);
  const { bytes } = session.giveToken({
    protocol: shared.protocol,
    permissions,
    relyingParty,
    isPresent: true,
  });
  return answerWith([[2, shared.encrypt(bytes)]]);
}

/** Old tokens allow what there was before permissions; the preview command takes them as well. */
const oldPermissions = ({ profile }: KeySession): number =>
  profile.hasToken ? permissionBits.make | permissionBits.get : known;

function askedPermissions({ profile }: KeySession, map: CborMap): number {
  const permissions = countOf(map, 9);
  if (permissions === 0) return refuse(status.invalidParameter);
  const allowed = profile.fingerCommand === undefined ? known & ~permissionBits.fingers : known;
  if ((permissions & ~allowed) !== 0) return refuse(status.unauthorized);
  const needsRelyingParty = (permissions & (permissionBits.make | permissionBits.get)) !== 0;
  return needsRelyingParty && bytesAt(map, 10) === undefined && textAt(map, 10) === undefined
    ? refuse(status.missingParameter)
    : permissions;
}

const isPowerCycleDue = (session: KeySession): boolean =>
  session.pinFailuresInOneGo >= mostPinFailuresInOneGo;

function refuseWhenBlocked(session: KeySession): void {
  if (session.memory.pinRetries === 0) refuse(status.pinBlocked);
  if (isPowerCycleDue(session)) refuse(status.authBlocked);
}

/** A wrong PIN costs an attempt before it is known to be wrong, and the agreement. */
function checkPin(session: KeySession, shared: SharedSecret, sealedHash: Uint8Array): void {
  const { memory } = session;
  memory.pinRetries -= 1;
  const hash = shared.decrypt(sealedHash);
  if (hash === undefined || Buffer.compare(hash, memory.pinHash ?? new Uint8Array()) !== 0) {
    session.renewAgreement();
    session.pinFailuresInOneGo += 1;
    refuseWhenBlocked(session);
    refuse(status.pinInvalid);
  }
  memory.pinRetries = mostPinRetries;
  session.pinFailuresInOneGo = 0;
}
