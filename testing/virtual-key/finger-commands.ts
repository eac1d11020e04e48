import { type CborMap, cborMap, encodeCbor } from '#access/ctap/cbor.ts';
import { bytesAt, countAt, mapAt, textAt } from '#access/ctap/cbor-fields.ts';
import type { WorkCall } from './hid-side.ts';
import { answerWith, bytesOf, countOf, type KeySession, mapOf, refuse, status } from './session.ts';

const fingersPermission = 0x08;
const good = 0x00;
const nobodyTouched = 0x0d;

/** authenticatorBioEnrollment, final and preview. */
export async function fingerCommands(session: KeySession, map: CborMap, call: WorkCall): Promise<Uint8Array> {
  const sub = countAt(map, 2);
  const isSensorQuestion = sub === undefined || sub === 0x07;
  if (isSensorQuestion) return sensor(session, sub);
  if (countOf(map, 1) !== 1) return refuse(status.invalidParameter);
  if (sub === 0x03) {
    session.enrolment = undefined;
    return answerWith([]);
  }
  authenticate(session, map, sub);
  switch (sub) {
    case 0x01:
      return begin(session, call);
    case 0x02:
      return next(session, mapOf(map, 3), call);
    case 0x04:
      return list(session);
    case 0x05:
      return rename(session, mapOf(map, 3));
    case 0x06:
      return remove(session, mapOf(map, 3));
    default:
      return refuse(status.invalidSubcommand);
  }
}

function sensor({ profile }: KeySession, sub: number | undefined): Uint8Array {
  if (sub === undefined) return answerWith([[1, 1]]);
  return answerWith([
    [1, 1],
    // A touch sensor.
    [2, 1],
    [3, profile.samplesPerFinger],
    [8, 64],
  ]);
}

function authenticate(session: KeySession, map: CborMap, sub: number): void {
  const details = mapAt(map, 3);
  const message = Uint8Array.from([1, sub, ...(details === undefined ? [] : encodeCbor(details))]);
  const given = { protocol: countAt(map, 4), authentication: bytesAt(map, 5) };
  if (given.authentication === undefined) refuse(status.verificationRequired);
  session.tokenBehind(given, message, fingersPermission, undefined);
}

async function begin(session: KeySession, call: WorkCall): Promise<Uint8Array> {
  const { memory, profile } = session;
  if (memory.fingers.length >= profile.mostFingers) return refuse(status.fingersFull);
  session.enrolment = undefined;
  const id = session.random.bytes(2);
  return answerWith([
    [4, id],
    ...(await sample(session, { id, finger: '', left: profile.samplesPerFinger }, call)),
  ]);
}

async function next(session: KeySession, details: CborMap, call: WorkCall): Promise<Uint8Array> {
  const { enrolment } = session;
  if (enrolment === undefined || Buffer.compare(bytesOf(details, 1), enrolment.id) !== 0) {
    return refuse(status.invalidOption);
  }
  return answerWith(await sample(session, enrolment, call));
}

/** One touch of an enrolment; the last good one keeps the finger. */
async function sample(
  session: KeySession,
  enrolment: NonNullable<KeySession['enrolment']>,
  call: WorkCall,
): Promise<(readonly [number, number])[]> {
  let quality = nobodyTouched;
  let { finger, left } = enrolment;
  try {
    const touch = await session.waitForTouch(call);
    // Another finger in the middle does not fit what there is.
    quality = finger !== '' && finger !== touch.finger ? 0x0a : (touch.quality ?? good);
    if (quality === good) [finger, left] = [touch.finger, left - 1];
  } catch (error) {
    if (call.cancelled.aborted) throw error;
  }
  session.enrolment = left > 0 ? { id: enrolment.id, finger, left } : undefined;
  if (left === 0) session.memory.fingers.push({ id: enrolment.id, finger, name: '' });
  return [
    [5, quality],
    [6, left],
  ];
}

function list({ memory }: KeySession): Uint8Array {
  if (memory.fingers.length === 0) return refuse(status.invalidOption);
  const templates = memory.fingers.map(({ id, name }) =>
    cborMap([
      [1, id],
      [2, name === '' ? undefined : name],
    ]),
  );
  return answerWith([[7, templates]]);
}

function rename(session: KeySession, details: CborMap): Uint8Array {
  const name = textAt(details, 2) ?? refuse(status.missingParameter);
  if (Buffer.byteLength(name) > 64) return refuse(status.invalidLength);
  known(session, details).name = name;
  return answerWith([]);
}

function remove(session: KeySession, details: CborMap): Uint8Array {
  const gone = known(session, details);
  session.memory.fingers = session.memory.fingers.filter((each) => each !== gone);
  return answerWith([]);
}

function known({ memory }: KeySession, details: CborMap): KeySession['memory']['fingers'][number] {
  const id = bytesOf(details, 1);
  return memory.fingers.find((each) => Buffer.compare(each.id, id) === 0) ?? refuse(status.invalidOption);
}
