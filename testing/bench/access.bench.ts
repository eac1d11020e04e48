import { usualArgon2Cost } from '#access/argon2.ts';
import { deriveInThread } from '#access/argon2-thread.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { framesPerSecond } from './key-frames.ts';
import { type AccessReplica, openAccessReplica, type Person, taken } from './load/access-replica.ts';
import { percentile } from './load/stopwatch.ts';

type Report = (name: string, value: number, unit: string) => void;

const keyRounds = 24;
const passphraseRounds = 7;
const queueRows = 40;

/**
 * From a key's answer, and from a passphrase, to the first list of patients through the bridge, on a replica of 500,000 documents: slot,
 * database, audit trail, session, queue of the day. The wait for the finger is not counted, Argon2id is. The file's pages are in the
 * system's memory, as on every unlock but the first of the day.
 */
export async function run(report: Report): Promise<void> {
  const replica = await openAccessReplica();
  try {
    if (replica.filledInSeconds !== null) report('access.filling', replica.filledInSeconds, 's');
    report('access.unlock.first', await comeIn(replica, replica.nurses[0], byKey), 'ms');
    await fillQueue(replica);
    await timeKeys(replica, report);
    await timePassphrases(replica, report);
  } finally {
    await replica.close();
  }
  report('access.argon2', await timeArgon2(), 'ms');
  report('access.frames', framesPerSecond(), 'frames/s');
}

async function timeKeys(replica: AccessReplica, report: Report): Promise<void> {
  const { unlocks, switches } = await timeRounds(replica, keyRounds, byKey);
  report('access.unlock.p95', percentile(unlocks, 0.95), 'ms');
  report('access.unlock.p50', percentile(unlocks, 0.5), 'ms');
  report('access.switch.p95', percentile(switches, 0.95), 'ms');
  report('access.switch.p50', percentile(switches, 0.5), 'ms');
}

async function timePassphrases(replica: AccessReplica, report: Report): Promise<void> {
  const { unlocks, switches } = await timeRounds(replica, passphraseRounds, byPassphrase);
  report('access.unlock', percentile(unlocks, 0.5), 'ms');
  report('access.switch', percentile(switches, 0.5), 'ms');
}

/** One nurse unlocks, the other takes over, in turns. */
async function timeRounds(
  replica: AccessReplica,
  rounds: number,
  way: WayIn,
): Promise<{ readonly unlocks: readonly number[]; readonly switches: readonly number[] }> {
  const unlocks: number[] = [];
  const switches: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? replica.nurses : replica.nurses.toReversed();
    if (first === undefined || second === undefined) throw new Error('there are two nurses');
    taken(await replica.screen.request('session.lock', {}));
    unlocks.push(await comeIn(replica, first, way, queueRows));
    switches.push(await comeIn(replica, second, way, queueRows));
  }
  return { unlocks, switches };
}

/** Unlocks, or takes over, and gives the moment from which the workstation alone was waited for. */
type WayIn = (replica: AccessReplica, person: Person) => Promise<number>;

const byKey: WayIn = async ({ screen }, { id, key }) => {
  taken(await screen.request('session.unlock', { method: 'fido2', person: id }));
  return key.answeredAt();
};

const byPassphrase: WayIn = async ({ screen }, { id, passphrase }) => {
  const began = performance.now();
  taken(await screen.request('session.unlock', { method: 'passphrase', person: id, passphrase }));
  return began;
};

/** Milliseconds until the queue of the day is on the bridge, with `leastRows` patients; then somebody is searched, too. */
async function comeIn(replica: AccessReplica, person: Person, way: WayIn, leastRows = 0): Promise<number> {
  const { screen, workstation } = replica;
  const began = await way(replica, person);
  const queue = screen.open('queue.day', {});
  await queue.until(({ rows }) => rows.length >= leastRows);
  const took = performance.now() - began;
  queue.close();
  if (workstation.session()?.person !== person.id) throw new Error('somebody else came in');
  const { patients } = taken(await screen.request('patients.search', { text: 'Karimova', limit: 10 }));
  if (patients.length === 0) throw new Error('no patient was found');
  return took;
}

/** The replica may be some days old: whoever comes today arrives now. */
async function fillQueue({ screen }: AccessReplica): Promise<void> {
  const queue = screen.open('queue.day', {});
  const { rows } = await queue.until(() => true);
  queue.close();
  const { patients } = taken(await screen.request('patients.search', { text: 'Karimova', limit: 50 }));
  const arriving = patients.slice(0, Math.max(0, queueRows - rows.length));
  for (const { id: patientId } of arriving) {
    const visit = { patientId, reason: 'bosim', urgency: 'routine', state: 'arrived' } as const;
    taken(await screen.request('visits.start', visit));
  }
}

async function timeArgon2(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < passphraseRounds; round += 1) {
    const began = performance.now();
    await deriveInThread(
      new TextEncoder().encode('tog olma 7 daryo'),
      systemRandom.bytes(16),
      usualArgon2Cost,
    );
    times.push(performance.now() - began);
  }
  return percentile(times, 0.5);
}
