import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { dayAt } from '#clinic/clinic-day.ts';
import { searchFacilities } from '#clinic/facilities/facilities.ts';
import type { Clock } from '#clinic/ports/clock.ts';
import type { Link } from '#contracts/bridge/link.ts';
import { type LiveViewName, liveViews } from '#contracts/bridge/live-views.ts';
import { bridgeVersion, type ScreenMessage, ScreenMessageSchema } from '#contracts/bridge/messages.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
} from '#contracts/bridge/requests.ts';
import type { Scan } from '#contracts/bridge/scans.ts';
import type {
  PatientRecord,
  SignatureView,
  SyncState,
  UnsentRow,
  WorkstationState,
} from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Instant, PersonId } from '#contracts/ids.ts';
import { maxSignatures } from '#contracts/records/signature.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { ReferenceData } from '#workstation/reference-data.ts';
import { openScriptedAccess, type ScriptedAccess } from './scripted-access.ts';
import { openScriptedClinic, type ScriptedClinic, scriptedActions } from './scripted-clinic.ts';
import { openScript, type Script } from './scripted-script.ts';
import { scriptedTrail } from './scripted-trail.ts';
import { type ScriptedViews, scriptedViews } from './scripted-views.ts';

/** A workstation for looking at screens: real clinical actions on records in memory, everything else by script. */
export interface ScriptedWorkstation {
  /** Serves one screen; returns a function that ends it. */
  serve(link: Link): () => void;
  readonly people: ScriptedClinic['people'];
  /** Keys, cards, ways in. */
  readonly access: ScriptedAccess;
  /** Somebody holds something to a reader that does not type. */
  scan(scan: Scan): void;
  /** Changes what `workstation.state` says; a phase of its own wins over signing in. */
  setState(change: Partial<WorkstationState>): void;
  setSync(change: Partial<SyncState>): void;
  /** Signs somebody in without a screen. */
  unlock(person: PersonId, breakGlass?: 'paper' | 'two'): void;
  /** Personal numbers of the patients who have one. */
  pinfls(): readonly string[];
  lock(): void;
  /** The center has received everything. */
  receiveAll(): void;
  /** Other computers have written every record since, and their versions are here. */
  replaceAll(): void;
  /** The center could not use the oldest unsent record and keeps it in quarantine. */
  refuseOldest(): void;
  /** Every record's visits are signed so, the newest first. */
  sign(signatures: Signed): void;
  /** The trail is known to have been set back. */
  rollTrailBack(at: Instant): void;
  /** The next request of this name fails. */
  failNext(name: RequestName, error: AppError): void;
  /** The next request of this name is done, but answered only once the returned function was called. */
  holdNext(name: RequestName): () => void;
  /** Requests and views asked for, by name, in order. */
  readonly asked: string[];
}

/** What the newest visit has for signatures, the one before it, and so on. */
export type Signed = readonly (readonly SignatureView[])[];

interface OpenView {
  readonly name: LiveViewName;
  readonly input: unknown;
  seq: number;
  isSeen: boolean;
  lastText: string;
}

/** Opens the script in phase `locked`. */
export function openScriptedWorkstation(clock: Clock, reference: ReferenceData): ScriptedWorkstation {
  const clinic = openScriptedClinic(clock, reference);
  const views = scriptedViews(clinic, reference);
  const screens = new Set<() => void>();
  const tell = () => {
    for (const refresh of screens) refresh();
  };
  const access = openScriptedAccess(clinic.people, clock, tell);
  const script = openScript(clinic, access, clock);
  const told =
    <Parameters extends readonly unknown[]>(change: (...parameters: Parameters) => void) =>
    (...parameters: Parameters) => {
      change(...parameters);
      tell();
    };
  const asked: string[] = [];
  const held = new Map<RequestName, Promise<void>>();
  let signed: Signed = [];
  let rolledBackAt: Instant | null = null;

  return {
    asked,
    people: clinic.people,
    access,
    scan: told((scan) => script.scan(scan)),
    setState: told((change) => script.setState(change)),
    setSync: told((change) => script.setSync(change)),
    unlock: told((person, breakGlass) => script.signIn(person, breakGlass)),
    pinfls: () => clinic.reader.find('patients', {}).flatMap(({ body }) => body.pinfl ?? []),
    lock: told(() => script.signOut()),
    receiveAll: told(() => clinic.receiveAll()),
    replaceAll: told(() => clinic.replaceAll()),
    refuseOldest: told(() => script.refuseOldest()),
    sign: told((signatures) => {
      signed = signatures;
      script.fillSignatures((signatures[0]?.length ?? 0) >= maxSignatures);
    }),
    rollTrailBack: told((at) => {
      rolledBackAt = at;
    }),
    failNext: (name, error) => script.failures.set(name, error),
    holdNext(name) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(name, promise);
      return resolve;
    },
    serve(link) {
      const open = new Map<number, OpenView>();
      const send = (message: unknown) => link.send(message);
      const show = (id: number, view: OpenView) => {
        const answer = computeView(view, { views, script, clock, access, clinic, signed, rolledBackAt });
        if (!answer.ok) {
          open.delete(id);
          return send({ type: 'ended', id, error: answer.error });
        }
        const text = JSON.stringify(answer.value);
        if (!view.isSeen || text === view.lastText) return;
        view.seq += 1;
        view.isSeen = false;
        view.lastText = text;
        send({ type: 'snapshot', id, seq: view.seq, value: answer.value });
      };
      const refresh = () => {
        for (const [id, view] of [...open]) show(id, view);
      };
      const hear = async (message: ScreenMessage) => {
        if (message.type === 'hello') send({ type: 'welcome', bridge: bridgeVersion, pass: 'scripted-pass' });
        if (message.type === 'close') open.delete(message.id);
        if (message.type === 'open' && isViewName(message.name)) {
          asked.push(message.name);
          const view = { name: message.name, input: message.input, seq: 0, isSeen: true, lastText: '' };
          open.set(message.id, view);
          show(message.id, view);
        }
        if (message.type === 'seen') {
          const view = open.get(message.id);
          if (view === undefined || view.seq !== message.seq) return;
          view.isSeen = true;
          show(message.id, view);
        }
        if (message.type === 'request' && isRequestName(message.name)) {
          asked.push(message.name);
          const parts = { clinic, views, script, reference, access };
          const answer = await answerRequest(message.name, message.input, parts);
          const release = held.get(message.name);
          held.delete(message.name);
          await release;
          if (answer.ok) send({ type: 'answer', id: message.id, value: answer.value });
          else send({ type: 'failure', id: message.id, error: answer.error });
          tell();
        }
      };
      screens.add(refresh);
      link.onClose(() => screens.delete(refresh));
      link.onMessage((raw) => void hear(v.parse(ScreenMessageSchema, raw)));
      return () => {
        screens.delete(refresh);
        link.close();
      };
    },
  };
}

const isViewName = (name: string): name is LiveViewName => Object.hasOwn(liveViews, name);
const isRequestName = (name: string): name is RequestName => Object.hasOwn(requests, name);

interface Viewing {
  readonly views: ScriptedViews;
  readonly script: Script;
  readonly clock: Clock;
  readonly access: ScriptedAccess;
  readonly clinic: ScriptedClinic;
  readonly signed: Signed;
  readonly rolledBackAt: Instant | null;
}

function computeView(view: OpenView, viewing: Viewing): Result<unknown> {
  const { views, script, clock, access } = viewing;
  if (view.name === 'workstation.state') return ok(script.state());
  if (view.name === 'access.door') return ok(access.door());
  if (script.state().session === null) return fail(appError('access.locked'));
  const input = v.parse(liveViews[view.name].input, view.input);
  const now = clock.now();
  const day = 'day' in input && input.day !== undefined ? input.day : dayAt(now);
  switch (view.name) {
    case 'sync.state':
      return ok(script.sync());
    case 'queue.day':
      return ok(views.queue(day));
    case 'patients.record':
      return ok(
        withSignatures(views.record(v.parse(liveViews['patients.record'].input, input).id), viewing.signed),
      );
    case 'day.summary':
      return ok(views.summary(day, now));
    case 'unsent.list':
      return ok(views.unsent().map((row, at) => (at === 0 && script.isOldestRefused() ? refused(row) : row)));
    case 'reviews.open':
      return ok(views.reviews(now));
    case 'requests.open':
      return ok(views.requests(now));
    case 'audit.of-patient': {
      const { id, before } = v.parse(liveViews['audit.of-patient'].input, input);
      return ok(scriptedTrail(trailOf(viewing, now), id, before));
    }
    case 'audit.recent':
      return ok(
        scriptedTrail(trailOf(viewing, now), null, v.parse(liveViews['audit.recent'].input, input).before),
      );
    case 'scans.latest':
      return ok(script.lastScan());
    case 'access.people': {
      const told = access.people();
      const session = script.state().session;
      const isAdministrator = session?.person.roles.some((role) => role === 'head' || role === 'technician');
      const people = told.people.filter(({ id }) => isAdministrator || id === session?.person.id);
      return ok({ ...told, people });
    }
  }
}

const withSignatures = (record: PatientRecord | null, signed: Signed): PatientRecord | null =>
  record && {
    ...record,
    visits: record.visits.map((visit, at) => {
      const signatures = signed[at] ?? [];
      return signatures.length === 0 ? visit : { ...visit, signatures: [...signatures] };
    }),
  };

const trailOf = ({ clinic, views, rolledBackAt }: Viewing, now: number) => ({
  now,
  rolledBackAt,
  people: clinic.people.map(({ id }) => id),
  person: views.person,
  patients: clinic.reader.find('patients', {}).map(({ id }) => id),
  summary: views.summaryOf,
});

const refused = (row: UnsentRow): UnsentRow => ({
  ...row,
  state: 'quarantined',
  refusal: 'sync.record-refused',
});

interface Answering {
  readonly clinic: ScriptedClinic;
  readonly views: ScriptedViews;
  readonly script: Script;
  readonly reference: ReferenceData;
  readonly access: ScriptedAccess;
}

async function answerRequest(name: RequestName, input: unknown, parts: Answering): Promise<Result<unknown>> {
  const { script, views, reference, clinic, access } = parts;
  const failure = script.failures.get(name);
  if (failure !== undefined) {
    script.failures.delete(name);
    return fail(failure);
  }
  const read = <Name extends RequestName>(asked: Name): RequestInput<Name> => {
    const schema: (typeof requests)[Name]['input'] = requests[asked].input;
    return v.parse(schema, input);
  };
  const answered = access.answer(name, read, {
    person: script.state().session?.person.id ?? null,
    open: (person, breakGlass) => script.signIn(person, breakGlass),
  });
  if (answered !== undefined) return await answered;
  switch (name) {
    case 'session.unlock':
      return await unlock(read(name), access, script);
    case 'workstation.enrol':
      return fail(appError('enrolment.center-unreachable'));
    case 'session.lock':
      script.signOut();
      return ok({});
    case 'session.touch':
    case 'sync.now':
      return ok({});
    case 'session.emergency':
      script.setState({ mustConnect: false });
      return ok({});
    case 'facilities.search':
      return ok({
        facilities: searchFacilities(clinic.reader, clinic.scope, read(name).text, read(name).limit),
      });
    case 'drafts.key':
      return ok({ key: draftsKey(script.state().session?.person.id ?? '') });
    case 'patients.search':
      return ok({ patients: views.search(read(name).text, read(name).limit) });
    case 'patients.possible-duplicates':
      return ok({ patients: views.alike(read(name)) });
    case 'icd10.search':
      return ok({
        hits: reference.searchIcd10(read(name).text, read(name).limit, ['I10', 'E11.9', 'J06.9']),
      });
    case 'icd10.names':
      return ok({ hits: reference.icd10ByCodes(read(name).codes) });
    case 'mahallas.search':
      return ok({ hits: reference.searchMahallas(read(name).text, read(name).limit, clinic.mahallas) });
    case 'staff.enrol':
      return ok({ person: clinic.people[0]?.id });
    default:
      if (!isAction(name)) throw new Error(`the script has no answer to ${name}`);
      return write(name, parts, read);
  }
}

const isAction = (name: RequestName): name is keyof typeof scriptedActions =>
  Object.hasOwn(scriptedActions, name);

function write(
  name: keyof typeof scriptedActions,
  { clinic, script }: Answering,
  read: <Name extends RequestName>(asked: Name) => RequestInput<Name>,
): Result<unknown> {
  const person = script.state().session?.person.id;
  if (person === undefined) return fail(appError('access.locked'));
  switch (name) {
    case 'patients.register':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'patients.amend':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'patients.record-allergy':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'patients.unlink':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'visits.start':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'visits.move':
      return closed(read(name), script, clinic.act(scriptedActions[name], read(name), person));
    case 'visits.record':
      return closed(read(name), script, clinic.act(scriptedActions[name], read(name), person));
    case 'reviews.settle':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'requests.refer':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'requests.answer':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'requests.cancel':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'requests.ask-access':
      return clinic.act(scriptedActions[name], read(name), person);
    case 'requests.move-patient':
      return clinic.act(scriptedActions[name], read(name), person);
  }
}

/** Everybody signs what she closes, but in an emergency, or where no more signatures fit (SIG-1). */
function closed(
  { state }: Pick<RequestInput<'visits.record'>, 'state'>,
  script: Script,
  saved: Result<RequestOutput<'visits.record'>>,
): Result<RequestOutput<'visits.record'>> {
  const signs = script.state().session?.breakGlass === null && !script.areSignaturesFull();
  const isSigned = state === 'finished' && signs;
  return saved.ok && isSigned ? ok({ ...saved.value, isSigned }) : saved;
}

async function unlock(
  input: RequestInput<'session.unlock'>,
  access: ScriptedAccess,
  script: Script,
): Promise<Result<unknown>> {
  const shown = await access.isOf(input.person, input);
  if (!shown.ok) return shown;
  script.signIn(input.person);
  return ok({ person: input.person });
}

/** Another key for each person, the same in every run. */
const draftsKey = (person: string): string => createHash('sha256').update(person).digest('base64');
