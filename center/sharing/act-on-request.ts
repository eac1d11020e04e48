import type { RecordId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { patientAwaitedMs, type RequestBody } from '#contracts/records/requests.ts';
import { pinflOf } from '../record-matters.ts';
import { readStored } from './center-version.ts';
import { leaveOneHome } from './leave-one-home.ts';
import { locate } from './locate.ts';
import { movePatient } from './move-patient.ts';
import { BodySchema, findFormer, readMoves } from './move-statements.ts';
import { keyColumns } from './note-applied.ts';
import { actAgainLater } from './patient-errands.ts';
import { appendEvents, type CenterEvent, eventIdFor } from './request-events.ts';
import { openShare } from './shares.ts';
import { NotNow, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

const dayMs = 24 * 3_600_000;
/** How long the records stay: after a referral's end, by consent, by break-glass (SHR-3). */
const referralAfterglowMs = 90 * dayMs;
const accessMs = { consent: 30 * dayMs, 'break-glass': 3 * dayMs } as const;
/** Most records one PINFL may lead to. More are a defect of the records, not one person. */
const maxBearers = 5;

type Matter<Kind extends RequestBody['matter']['kind']> = Extract<
  RequestBody['matter'],
  { readonly kind: Kind }
>;

interface Asked<Kind extends RequestBody['matter']['kind']> {
  /** The facility that asks. */
  readonly scope: Scope;
  readonly id: RecordId;
  readonly matter: Matter<Kind>;
  readonly events: RequestBody['events'];
}

type AboutPatient = Asked<'referral'> | Asked<'move'>;

/**
 * Does what a request asks for, and says in the request what was done (SHA-5). Depends on nothing but the request and the
 * present state, so it may be done again after a crash at any point. A first look that does not find the patient has a second one made.
 */
export async function actOnRequest(
  context: SharingContext,
  scope: Scope,
  id: RecordId,
  isFirstLook = true,
): Promise<void> {
  const [document] = await context.database.rows(sql.readDocuments, sql.DocumentSchema, [
    scope,
    ...keyColumns([{ collection: 'requests', id }]),
  ]);
  if (document === undefined) return;
  const request = readStored('requests', document.body);
  if (document.home !== null) return await confirmMove(context, document.home, request);
  const told = await carryOut(context, scope, request);
  await appendEvents(context, scope, id, told, async (session, at) => {
    if (isFirstLook && told.includes(unknownPatient)) await actAgainLater(session, scope, id, at);
  });
  await confirmMove(context, scope, request);
}

function carryOut(
  context: SharingContext,
  scope: Scope,
  { id, body: { matter, events } }: RecordOf<'requests'>,
): Promise<readonly CenterEvent[]> {
  switch (matter.kind) {
    case 'referral':
      return refer(context, { scope, id, matter, events });
    case 'access':
      return giveAccess(context, { scope, id, matter, events });
    case 'move':
      return move(context, { scope, id, matter, events });
  }
}

const notFound: CenterEvent = { key: 'not-found', event: { kind: 'not-found' } };
/** Not the last word, unlike {@link notFound}: when the patient comes in time, the request is acted on (SHA-13). */
const unknownPatient: CenterEvent = { key: 'unknown', event: { kind: 'not-found' } };

const isRefused = ({ id, events }: AboutPatient) => {
  const passing = eventIdFor(id, unknownPatient.key);
  return events.some((event) => event.kind === 'not-found' && event.id !== passing);
};

/** Whether the patient did not come in time: what was wished so long ago is not done without being wished again. */
function hasWaitedTooLong({ effects }: SharingContext, { id, events }: AboutPatient): boolean {
  const passing = eventIdFor(id, unknownPatient.key);
  const answer = events.find((event) => event.id === passing);
  return answer !== undefined && effects.clock.now() - answer.at > patientAwaitedMs;
}

/** What to say where the patient is not. One whose copy was withdrawn is not one who is yet to come. */
async function answerInVain(context: SharingContext, asked: AboutPatient): Promise<CenterEvent> {
  const key = [asked.scope, [asked.matter.patientId]] as const;
  const former = await context.database.rows(sql.readFormerHomes, sql.WithdrawnHomeSchema, key);
  return former.length > 0 || hasWaitedTooLong(context, asked) ? notFound : unknownPatient;
}

function granted(patientId: RecordId, home: Scope, until: number | null): CenterEvent {
  const key = `granted ${patientId} ${until === null ? 'open' : 'until'}`;
  return { key, event: { kind: 'granted', patientId, home, until } };
}

const has = (events: RequestBody['events'], ...kinds: readonly RequestBody['events'][number]['kind'][]) =>
  events.some(({ kind }) => kinds.includes(kind));

async function refer(context: SharingContext, asked: Asked<'referral'>): Promise<readonly CenterEvent[]> {
  const { scope, id, matter, events } = asked;
  const { patientId, to } = matter;
  const isOver = has(events, 'declined', 'cancelled', 'answered');
  const wasGranted = has(events, 'granted');
  // What was granted is seen to its end, whatever else was said.
  const isClosed = isOver || (!wasGranted && isRefused(asked));
  const isLate = !wasGranted && hasWaitedTooLong(context, asked);
  if (!(await isFacility(context, to)) || to === scope) return [notFound];
  const place = await locate(context, scope, patientId);
  if (place.kind === 'moving') throw new NotNow();
  if (place.kind === 'unknown') return isClosed || wasGranted ? [] : [await answerInVain(context, asked)];
  const home = place.scope;
  if (home === to) return isClosed ? [] : [isLate ? notFound : granted(patientId, home, null)];
  const [share] = await context.database.rows(sql.readShareOfRequest, sql.ShareOfRequestSchema, [
    home,
    patientId,
    to,
    id,
  ]);
  if (share === undefined && isClosed) return [];
  if (share === undefined && isLate) return [notFound];
  if (share !== undefined && (share.ended_at !== null || !share.is_full)) return [];
  const until = isOver ? (share?.until ?? context.effects.clock.now() + referralAfterglowMs) : null;
  await openShare(context, {
    scope: home,
    patient: patientId,
    to_scope: to,
    request: id,
    request_scope: scope,
    ground: 'referral',
    until,
  });
  return [granted(patientId, home, until)];
}

async function giveAccess(context: SharingContext, asked: Asked<'access'>): Promise<readonly CenterEvent[]> {
  const { scope, matter, events } = asked;
  if (has(events, 'cancelled') && !has(events, 'granted')) return [];
  if (has(events, 'ended')) return [];
  const bearers = await findBearers(context, matter.pinfl);
  if (bearers.length === 0) return has(events, 'granted') ? [] : [notFound];
  const told: CenterEvent[] = [];
  for (const { scope: home, id: patient } of bearers) {
    if (home === scope) told.push(granted(patient, home, null));
    else told.push(granted(patient, home, await shareByAccess(context, asked, home, patient)));
  }
  return told;
}

async function shareByAccess(
  context: SharingContext,
  { scope, id, matter }: Asked<'access'>,
  home: Scope,
  patient: RecordId,
): Promise<number> {
  const key = [home, patient, scope, id];
  const [share] = await context.database.rows(sql.readShareOfRequest, sql.ShareOfRequestSchema, key);
  // Counted from the first time, however often this is done.
  const until = share?.until ?? context.effects.clock.now() + accessMs[matter.ground];
  if (share === undefined || share.ended_at === null) {
    await openShare(context, {
      scope: home,
      patient,
      to_scope: scope,
      request: id,
      request_scope: scope,
      ground: matter.ground,
      until,
    });
  }
  return until;
}

/** Patients who are at home somewhere and bear the number now. Throws {@link NotNow} while one of them moves. */
async function findBearers(context: SharingContext, pinfl: string): Promise<readonly sql.Place[]> {
  const places = await context.database.rows(sql.findByPinfl, sql.PlaceSchema, [pinfl]);
  const bearers: sql.Place[] = [];
  for (const { scope, id } of places) {
    const [document] = await context.database.rows(sql.readDocuments, sql.DocumentSchema, [
      scope,
      ...keyColumns([{ collection: 'patients', id }]),
    ]);
    if (document === undefined) continue;
    if (document.home !== null) {
      if ((await locate(context, scope, id)).kind === 'moving') throw new NotNow();
      continue;
    }
    if (pinflOf('patients', readStored('patients', document.body)) === pinfl) bearers.push({ scope, id });
  }
  return bearers.slice(0, maxBearers);
}

/** A patient is moved by the facility that gives or the one that takes; anybody else is told that there is none. */
async function move(context: SharingContext, asked: Asked<'move'>): Promise<readonly CenterEvent[]> {
  const { scope, id, matter, events } = asked;
  const { patientId, to } = matter;
  if (has(events, 'moved') || isRefused(asked)) return [];
  if (!(await isFacility(context, to))) return [notFound];
  const place = await locate(context, scope, patientId);
  if (place.kind === 'unknown') return [await answerInVain(context, asked)];
  const from = place.kind === 'moving' ? place.from : place.scope;
  if (place.kind === 'moving' && place.to !== to) throw new NotNow();
  if (place.kind === 'home' && from === to) return await finishMove(context, asked);
  if (place.kind === 'home' && scope !== from && scope !== to) return [notFound];
  if (place.kind === 'home' && has(events, 'cancelled')) return [];
  if (place.kind === 'home' && hasWaitedTooLong(context, asked)) return [notFound];
  await movePatient(context, { patient: patientId, from, to, request: id, requestScope: scope });
  return [{ key: 'moved', event: { kind: 'moved', from, to } }];
}

/**
 * A move that was made once stays made (SHA-11). After a restore to before it the former home may have got the patient back as
 * its own too, or hold a copy of which the new home knows nothing.
 */
async function confirmMove(
  context: SharingContext,
  requestScope: Scope,
  { id, body: { matter, events } }: RecordOf<'requests'>,
): Promise<void> {
  if (matter.kind !== 'move') return;
  const patient = matter.patientId;
  for (const event of events) {
    if (event.kind !== 'moved' || event.from === event.to) continue;
    const { from } = event;
    const place = await locate(context, event.to, patient);
    // When the patient has arrived, or come back, this is looked at again.
    if (place.kind !== 'home' || place.scope === from) continue;
    const [former] = await context.database.rows(sql.readHomes, sql.HomeSchema, [from, [patient]]);
    if (former === undefined) continue;
    if (former.home !== null && (await isGuestOnly(context, patient, from, place.scope))) continue;
    if (await hasComeBack(context, patient, event)) continue;
    await leaveOneHome(context, { patient, from, to: place.scope, request: id, requestScope });
  }
}

/** Whether the home knows the guest, and nobody is left whom the guest would have to keep up to date as a former home. */
async function isGuestOnly(
  { database }: SharingContext,
  patient: RecordId,
  guest: Scope,
  home: Scope,
): Promise<boolean> {
  const known = await database.rows(sql.readShares, sql.ShareSchema, [home, [patient]]);
  const left = await database.rows(sql.readShares, sql.ShareSchema, [guest, [patient]]);
  return left.length === 0 && known.some(({ to_scope }) => to_scope === guest);
}

/** Whether a later move brought the patient back to where this one led away from. */
async function hasComeBack(
  { database }: SharingContext,
  patient: RecordId,
  { from, at }: { readonly from: Scope; readonly at: number },
): Promise<boolean> {
  const moves = await database.rows(readMoves, BodySchema, [from, patient]);
  return moves
    .flatMap(({ body }) => readStored('requests', body).body.events)
    .some((event) => event.kind === 'moved' && event.to === from && event.from !== from && event.at > at);
}

/**
 * The patient is there: by this request, whose last steps may be missing after a crash, by another one, or from before a restore, as
 * in the former home (SHA-12).
 */
async function finishMove(context: SharingContext, asked: Asked<'move'>): Promise<readonly CenterEvent[]> {
  const { scope, id, matter } = asked;
  const { patientId: patient, to } = matter;
  const former = await context.database.rows(findFormer, sql.ScopeRowSchema, [patient, to, id]);
  for (const { scope: from } of former) {
    await leaveOneHome(context, { patient, from, to, request: id, requestScope: scope });
  }
  const from = former[0]?.scope ?? to;
  return [{ key: 'moved', event: { kind: 'moved', from, to } }];
}

async function isFacility({ database }: SharingContext, scope: Scope): Promise<boolean> {
  return (await database.rows(sql.hasScope, sql.ScopeRowSchema, [scope])).length > 0;
}
