import { setTimeout as wait } from 'node:timers/promises';
import type { RequestInput, RequestName, RequestOutput } from '#contracts/bridge/requests.ts';
import type { PersonId } from '#contracts/ids.ts';
import { type HeadlessScreen, openHeadlessScreen } from '#workstation/hosts/headless-screen.ts';
import { connectInMemory } from '#workstation/hosts/memory-host.ts';
import { type ComposedWorkstation, composeWorkstation } from '#workstation/main-composition.ts';
import { StartRefusal } from './arguments.ts';
import { nameOf } from './terminal-words.ts';
import type { TrainingPerson } from './training-file.ts';

/** The center as the enrolment needs it. */
export interface EnrollingCenter {
  /** Where workstations connect. */
  readonly url: string;
  /** How the center's page names the workstation. */
  readonly label: string;
  /** A fresh enrolment code. */
  makeCode(): Promise<string>;
}

/** How long the first copy of the facility may take; the newcomer sees the rest arrive. */
const firstCopyLimitMs = 20_000;
const lookEveryMs = 50;

/**
 * Enrols the workstation in `folder` and everybody of `people` who is not yet, through the requests that a screen would
 * send, and waits for the facility's records. A start that was cut off is completed. Gives the paper key, without which nobody is
 * enrolled with one way in (ACC-52). Throws a {@link StartRefusal}.
 */
export async function enrolPeople(
  folder: string,
  people: readonly [TrainingPerson, ...TrainingPerson[]],
  center: EnrollingCenter,
  writeLog: (line: string) => void,
): Promise<string> {
  const composed = await composeWorkstation({ folder, writeLog });
  if (!composed.ok) throw new StartRefusal(`The workstation did not open: ${composed.error.code}`);
  const { workstation, close } = composed.value;
  const screen = openHeadlessScreen(connectInMemory(workstation, { checksOutput: true }));
  try {
    const [administrator, ...others] = people;
    await signInFirst(screen, workstation, administrator, center);
    const paperKey = await makePaperKey(screen);
    const known = new Set(workstation.state().people.map(({ name }) => name));
    for (const person of others) {
      const { name, roles, passphrase } = person;
      if (known.has(nameOf(person))) continue;
      await ask(screen, 'staff.enrol', { name, roles: [...roles], passphrase });
    }
    await firstCopy(workstation);
    await ask(screen, 'session.lock', {});
    return paperKey;
  } finally {
    screen.close();
    await close();
  }
}

/** The first person is made with the workstation; after a start that was cut off she is there already. */
async function signInFirst(
  screen: HeadlessScreen,
  workstation: ComposedWorkstation['workstation'],
  administrator: TrainingPerson,
  center: EnrollingCenter,
): Promise<PersonId> {
  const { name, passphrase } = administrator;
  const first = workstation.state().people.find(({ name: shown }) => shown === nameOf(administrator));
  if (first !== undefined) {
    const unlock = { method: 'passphrase', person: first.id, passphrase } as const;
    return (await ask(screen, 'session.unlock', unlock)).person;
  }
  const order = { center: center.url, code: await center.makeCode(), label: center.label };
  return (await ask(screen, 'workstation.enrol', { ...order, administrator: name, passphrase })).person;
}

/** One that an interrupted start made was not kept: the new one ends it. Groups with hyphens between. */
async function makePaperKey(screen: HeadlessScreen): Promise<string> {
  const { groups } = await ask(screen, 'recovery.make-paper', {});
  const typed = groups.map((text, at) => ({ group: at + 1, text }));
  await ask(screen, 'recovery.keep-paper', { groups: typed });
  return groups.join('-');
}

async function ask<Name extends RequestName>(
  screen: HeadlessScreen,
  name: Name,
  input: RequestInput<Name>,
): Promise<RequestOutput<Name>> {
  const answer = await screen.request(name, input);
  if (!answer.ok) throw new StartRefusal(`Enrolling failed at ${name}: ${answer.error.code}`);
  return answer.value;
}

/** Until the facility's records are here and ours are there; the exchange stops at the lock. */
async function firstCopy(workstation: ComposedWorkstation['workstation']): Promise<void> {
  const until = Date.now() + firstCopyLimitMs;
  while (Date.now() < until) {
    const state = workstation.exchange()?.state();
    const unsent = workstation.session()?.replica.outbox.counts().pending;
    if (state?.link === 'online' && !state.isFirstCopy && unsent === 0) return;
    await wait(lookEveryMs);
  }
}
