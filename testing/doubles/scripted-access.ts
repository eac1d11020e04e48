import { randomBytes, randomUUID } from 'node:crypto';
import type * as v from 'valibot';
import type { Clock } from '#clinic/ports/clock.ts';
import { type Door, type PersonAccess, type ProofSchema, touchesOfNewKey } from '#contracts/bridge/access.ts';
import type { RequestInput, RequestName, RequestOutput } from '#contracts/bridge/requests.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { ScriptedPerson } from './scripted-clinic.ts';
import { openScriptedKey, type ScriptedKey } from './scripted-key.ts';

/** Everybody's passphrase in the script. */
export const scriptedPassphrase = 'uch qizil olma daraxtda';
/** The PIN of the scripted key. */
export const scriptedPin = '135790';
/** Badges of the script: this and the number of the person. */
export const scriptedBadge = '00451798';
export const scriptedPaperKey = '0A1B2-3C4D5-6E7F8-9G0H1-2J3K4-5M6N7-8P9Q0-R1S2T';

type Proof = v.InferOutput<typeof ProofSchema>;
type Way = PersonAccess['ways'][number];

type KeyFacts = Omit<RequestOutput<'keys.describe'>, 'fingers'>;

interface WebAuthnKey {
  readonly slot: string;
  readonly credential: string;
  readonly salt: string;
  readonly secret: string;
}

/** Ways in, recovery and keys by script. Keys of WebAuthn are real: what they give is compared with what they gave. */
export interface ScriptedAccess {
  readonly key: ScriptedKey;
  door(): Door;
  setDoor(change: Partial<Door>): void;
  /** Somebody holds a card to the reader; null for one that is nobody's. */
  holdCard(person: PersonId | null): void;
  /** Losing one thing would shut her out. */
  needsSecond(person: PersonId): boolean;
  /** From now on there is no paper key, and nobody opens together; of a person's ways only the passphrase is left. */
  loseRecovery(person: PersonId): void;
  /** What the key tells of itself. */
  setKey(change: Partial<KeyFacts>): void;
  people(): { people: PersonAccess[]; paperKeyMadeAt: number | null };
  /** Who can unlock, as the lock shows it. */
  somebodies(): WorkstationState['people'];
  isOf(person: PersonId, proof: Proof): Promise<Result<true>>;
  /** Answers the requests of this topic; undefined for others. */
  answer(name: RequestName, read: ReadInput, session: Acting): Answered;
}

export type ReadInput = <Name extends RequestName>(name: Name) => RequestInput<Name>;
interface Acting {
  readonly person: PersonId | null;
  readonly open: (person: PersonId, breakGlass: 'paper' | 'two') => void;
}

type Answered = Promise<Result<unknown>> | undefined;

const touchesOfFinger = 5;

/** `told` is called after everything that changes a view. */
export function openScriptedAccess(
  people: readonly ScriptedPerson[],
  clock: Clock,
  told: () => void,
): ScriptedAccess {
  const key = openScriptedKey(told);
  const ways = new Map<PersonId, Way[]>(
    people.map(({ id }) => [id, [way('passphrase', null), way('simulated-key', null)]]),
  );
  const head = people[3]?.id;
  if (head !== undefined)
    ways.get(head)?.push({ ...way('fido2', 'Koʻk kalit № 1'), enrolledAt: clock.now() });
  const webAuthnKeys: (WebAuthnKey & { readonly person: PersonId })[] = [];
  const cards = new Set<PersonId>();
  const badges = new Map(people.map(({ id }, at) => [`${scriptedBadge}${at}`, id]));
  let holders = new Set<PersonId>(people.slice(1).map(({ id }) => id));
  let paperKeyMadeAt: number | null = clock.now();
  let fingers = [{ id: 'AQ==', name: 'Oʻng bosh barmoq' }];
  let facts: KeyFacts = { hasPin: true, canTakeFingers: true, pinAttemptsLeft: 8, fingerAttemptsLeft: 5 };
  let pinNow = scriptedPin;
  let card: Door['card'] = null;
  let readings = 0;
  let change: Partial<Door> = {};

  const add = (person: PersonId, made: Way) => {
    ways.get(person)?.push(made);
    return ok({ needsSecond: needsSecond(person) });
  };
  const needsSecond = (person: PersonId) =>
    (ways.get(person)?.length ?? 0) < 2 && paperKeyMadeAt === null && holders.size < 2;
  const withPin = async (
    pin: string | undefined,
    kind: 'key-settings' | 'enrol-finger',
    touches?: number,
  ) => {
    if (pin === undefined) return fail(appError('access.pin-needed'));
    if (pin !== pinNow) return fail(appError('access.pin-not-right', { attemptsLeft: 7 }));
    return touches === undefined ? ok(true) : await key.use(kind, touches);
  };

  const answerBrowser = (name: RequestName, read: ReadInput): Answered => {
    switch (name) {
      case 'access.webauthn-options': {
        const { person } = read(name);
        const slots = webAuthnKeys
          .filter((each) => each.person === person)
          .map(({ slot, credential, salt }) => ({ slot, credential, salt }));
        return done({ relyingParty: 'localhost', challenge: bytes(32), slots });
      }
      case 'keys.webauthn-begin':
        return done({
          relyingParty: 'localhost',
          challenge: bytes(32),
          user: bytes(16),
          salt: bytes(32),
          known: webAuthnKeys.map(({ credential }) => credential),
        });
      case 'keys.webauthn-finish': {
        const { person, label, credential, salt, secret, again } = read(name);
        if (secret !== again) return refuse('access.key-unsuitable');
        const made = way('fido2', label);
        webAuthnKeys.push({ person, slot: made.slot, credential, salt, secret });
        return Promise.resolve(add(person, made));
      }
      default:
        return undefined;
    }
  };

  const answerKeys = (name: RequestName, read: ReadInput): Answered => {
    switch (name) {
      case 'access.cancel':
        key.cancel();
        return done();
      case 'access.card-typed':
        access.holdCard(badges.get(read(name).text) ?? null);
        return done();
      case 'keys.enrol':
        return (async () => {
          const { person, label, method, proof } = read(name);
          const shown = proof === null ? ok(true) : await access.isOf(person, proof);
          if (!shown.ok) return shown;
          if (method === 'fido2') {
            const touched = await key.use('enrol-key', touchesOfNewKey);
            if (!touched.ok) return touched;
          }
          return add(person, way(method, label));
        })();
      case 'keys.remove': {
        const { slot } = read(name);
        for (const own of ways.values()) {
          const at = own.findIndex((each) => each.slot === slot);
          if (at >= 0) own.splice(at, 1);
        }
        access.setDoor({ rotation: 0.4 });
        return done();
      }
      case 'keys.describe':
        return (async () => {
          const { pin } = read(name);
          const used = pin === undefined ? ok(true) : await withPin(pin, 'key-settings');
          if (!used.ok) return used;
          if (!key.isPluggedIn()) return fail(appError('access.device-removed'));
          return ok({ ...facts, fingers: pin === undefined ? null : fingers });
        })();
      case 'keys.enrol-finger':
        return (async () => {
          const { pin, name: finger } = read(name);
          const used = await withPin(pin, 'enrol-finger', touchesOfFinger);
          if (!used.ok) return used;
          fingers = [...fingers, { id: bytes(4), name: finger }];
          return ok({});
        })();
      case 'keys.remove-finger': {
        const { id } = read(name);
        fingers = fingers.filter((finger) => finger.id !== id);
        return done();
      }
      case 'keys.change-pin':
        if (facts.hasPin && read(name).present !== pinNow) return refuse('access.pin-not-right');
        pinNow = read(name).next;
        facts = { ...facts, hasPin: true };
        return done();
      default:
        return undefined;
    }
  };

  const answerStaff = (name: RequestName, read: ReadInput): Answered => {
    switch (name) {
      case 'staff.change-passphrase':
      case 'staff.reset-passphrase':
        return done();
      case 'staff.remove':
        ways.set(read(name).person, []);
        return done();
      case 'staff.bind-card': {
        const { person, reading } = read(name);
        if (reading === null) cards.delete(person);
        else cards.add(person);
        return done();
      }
      default:
        return undefined;
    }
  };

  const answerRecovery = (name: RequestName, read: ReadInput, { person: acting, open }: Acting): Answered => {
    switch (name) {
      case 'recovery.make-paper':
        return done({ groups: scriptedPaperKey.split('-') });
      case 'recovery.keep-paper': {
        const groups = scriptedPaperKey.split('-');
        const wrong = read(name).groups.filter(({ group, text }) => text !== groups[group - 1]);
        if (wrong.length > 0) return Promise.resolve(fail(appError('access.paper-key-wrong')));
        paperKeyMadeAt = clock.now();
        return done();
      }
      case 'recovery.set-holders':
        holders = new Set(read(name).people);
        return done();
      case 'session.break-glass':
        return (async () => {
          const input = read(name);
          if (input.method === 'paper') {
            const wrong = wrongGroups(input.code);
            if (wrong.length > 0) return fail(appError('access.paper-key-wrong', { groups: wrong }));
          } else {
            for (const { person, proof } of [input.first, input.second]) {
              const shown = await access.isOf(person, proof);
              if (!shown.ok) return shown;
            }
          }
          const person = input.method === 'two' ? input.first.person : (acting ?? people[0]?.id);
          if (person === undefined) return fail(appError('access.unknown-person'));
          open(person, input.method);
          return ok({ person });
        })();
      default:
        return undefined;
    }
  };

  const access: ScriptedAccess = {
    key,
    door: () => ({
      operation: key.operation(),
      touchesAsked: key.touchesAsked(),
      devices: key.isPluggedIn() ? [{ id: 'key', kind: 'key', name: 'Kalit', status: 'ready' }] : [],
      roads: [{ road: 'usb', status: 'ready' }],
      card,
      hasPaperKey: paperKeyMadeAt !== null,
      holders: [...holders],
      rotation: null,
      ...change,
    }),
    setDoor(changed) {
      change = { ...change, ...changed };
      told();
    },
    holdCard(person) {
      readings += 1;
      card = { person, reading: readings };
      told();
    },
    needsSecond,
    loseRecovery(person) {
      paperKeyMadeAt = null;
      holders = new Set();
      ways.set(person, [way('passphrase', null)]);
      told();
    },
    setKey(changed) {
      facts = { ...facts, ...changed };
    },
    people: () => ({
      people: people.map(({ id, name, roles }) => ({
        id,
        name,
        roles: [...roles],
        ways: ways.get(id) ?? [],
        needsSecond: (ways.get(id) ?? []).filter(({ method }) => method !== 'simulated-key').length < 2,
        isHolder: holders.has(id),
        hasCard: cards.has(id),
      })),
      paperKeyMadeAt,
    }),
    somebodies: () =>
      people
        .filter(({ id }) => (ways.get(id) ?? []).length > 0)
        .map(({ id, name }) => ({
          id,
          name,
          methods: [...new Set((ways.get(id) ?? []).map(({ method }) => method))],
        })),
    async isOf(person, proof) {
      switch (proof.method) {
        case 'passphrase':
          return proof.passphrase === scriptedPassphrase
            ? ok(true)
            : fail(appError('access.wrong-passphrase'));
        case 'simulated-key':
          return ok(true);
        case 'fido2':
          if (proof.pin !== undefined && proof.pin !== pinNow) {
            return fail(appError('access.pin-not-right', { attemptsLeft: 7 }));
          }
          return await key.use('unlock');
        case 'webauthn': {
          const known = webAuthnKeys.find((each) => each.person === person && each.slot === proof.slot);
          return known?.secret === proof.secret ? ok(true) : fail(appError('access.key-unknown'));
        }
      }
    },
    answer: (name, read, acting) =>
      answerBrowser(name, read) ??
      answerKeys(name, read) ??
      answerStaff(name, read) ??
      answerRecovery(name, read, acting),
  };
  return access;
}

const way = (method: Way['method'], label: string | null): Way => ({
  slot: randomUUID(),
  method,
  label,
  enrolledAt: null,
});

const bytes = (length: number): string => randomBytes(length).toString('base64');
const done = (value: unknown = {}): Promise<Result<unknown>> => Promise.resolve(ok(value));
const refuse = (code: 'access.key-unsuitable' | 'access.pin-not-right'): Promise<Result<unknown>> =>
  Promise.resolve(fail(appError(code)));

/** Numbers of the groups that differ, as the workstation tells them. */
function wrongGroups(code: string): string[] {
  const typed = code.split('-');
  return scriptedPaperKey.split('-').flatMap((group, at) => (typed[at] === group ? [] : [String(at + 1)]));
}
