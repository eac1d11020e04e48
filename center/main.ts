import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { DeviceIdSchema, PersonIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { createHeadBook } from './audit/head-book.ts';
import { createRevocation, createWipe } from './center-core.ts';
import { publishDictionary } from './dictionaries.ts';
import { createEnrolmentDesk } from './enrolment.ts';
import { createNewsBus, type NewsBus } from './feed/bus.ts';
import { findWrongDigests } from './feed/digests.ts';
import { confirmBackup, markBeforeBackup } from './feed/durability.ts';
import { createDeviceBook } from './gateway/device-book.ts';
import { beginEpoch, loadIdentity } from './identity.ts';
import type { Applied } from './ingest/batch.ts';
import { migrate } from './migrations/migrate.ts';
import type { Effects } from './ports.ts';
import { type Database, openDatabase } from './postgres/database.ts';
import { findRunningPostgres, startEmbeddedPostgres } from './postgres/embedded.ts';
import { checkSignatures } from './staff/check-signatures.ts';
import { createStaffDesk } from './staff/staff-keys.ts';
import { startCenter } from './start-center.ts';
import { systemEffects } from './system-effects.ts';
import { type DeviceView, readOverview } from './web/overview.ts';

const usage = `The reference center of Hamshira.

usage: npm run center -- <command> [options]

  serve                          run the center until interrupted
      --port <number>            default: a free one
      --page-host <name[:port]>  a further name of the page, behind a proxy; may be repeated
      --offline-limit-days <n>   how long a workstation may work without contact; default: 90
      --backup commit|operator   what counts as safe; default: commit, or operator with --postgres
  enrol --facility <code>        print a new enrolment code
  revoke --device <id>           revoke a workstation
  wipe --device <id>             have a workstation erase its records at its next contact
  revoke-person --facility <code> --person <id>
                                 end a person's work and take her signing keys back
  status                         every workstation: contact, unsent writes, healed records, and whether its audit trail
                                 was rolled back
  audit-heads --device <id>      every head of a workstation's audit trail that was told, as JSON lines
  verify-signatures              check every signed visit, or those of --facility
  publish-dictionary --file <f>  sign a packing dictionary and send it to every facility
  verify-digests                 compute every facility's digest anew and tell which differ
  durable mark                   note where every facility stands, right before a backup
  durable confirm                declare everything up to the mark safe, once the backup is
  new-epoch                      after the database was restored: workstations offer again what it lost

  --data-folder <path>           default: data-local/center
  --postgres <url>               any PostgreSQL instead of the embedded one
`;

/** What was typed cannot be done; the sentence says why. */
class UsageError extends Error {}

const dayMs = 24 * 3_600_000;

interface Place {
  readonly dataFolder: string;
  readonly postgresUrl: string | undefined;
}

const say = (line: string) => {
  process.stdout.write(`${line}\n`);
};

const { values, positionals } = readArguments();
const effects = systemEffects((line) => process.stderr.write(`center: ${line}\n`));
const place: Place = {
  dataFolder: values['data-folder'] ?? 'data-local/center',
  postgresUrl: values.postgres,
};

try {
  await run(positionals[0]);
} catch (error) {
  process.stderr.write(
    error instanceof UsageError ? `${error.message}\n\n${usage}` : `center: ${messageOf(error)}\n`,
  );
  process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'data-folder': { type: 'string' },
        postgres: { type: 'string' },
        port: { type: 'string' },
        'page-host': { type: 'string', multiple: true },
        backup: { type: 'string' },
        'offline-limit-days': { type: 'string' },
        facility: { type: 'string' },
        device: { type: 'string' },
        person: { type: 'string' },
        file: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${usage}`);
    process.exit(1);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}

async function run(command: string | undefined): Promise<void> {
  if (values.help === true) return say(usage);
  switch (command) {
    case 'serve':
      return await serve();
    case 'enrol':
      return await withDatabase(enrol);
    case 'revoke':
      return await withDatabase(revoke);
    case 'wipe':
      return await withDatabase(wipe);
    case 'revoke-person':
      return await withDatabase(revokePerson);
    case 'status':
      return await withDatabase(showStatus);
    case 'audit-heads':
      return await withDatabase(showHeads);
    case 'verify-signatures':
      return await withDatabase(verifySignatures);
    case 'publish-dictionary':
      return await withDatabase(publish);
    case 'verify-digests':
      return await withDatabase(verifyDigests);
    case 'durable':
      return await withDatabase(durable);
    case 'new-epoch':
      return await withDatabase(newEpoch);
    default:
      throw new UsageError(command === undefined ? 'Say what to do.' : `There is no command "${command}".`);
  }
}

async function serve(): Promise<void> {
  const backup = parseOption(v.optional(v.picklist(['commit', 'operator'])), values.backup, '--backup');
  const port = parseOption(v.pipe(v.string(), v.regex(/^\d{1,5}$/)), values.port ?? '0', '--port');
  const days = v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}$/), v.transform(Number));
  const offlineDays = parseOption(v.optional(days), values['offline-limit-days'], '--offline-limit-days');
  const center = await startCenter({
    dataFolder: place.dataFolder,
    port: Number(port),
    ...(place.postgresUrl === undefined ? {} : { postgresUrl: place.postgresUrl }),
    ...(backup === undefined ? {} : { backup }),
    ...(offlineDays === undefined ? {} : { offlineLimitMs: offlineDays * dayMs }),
    pageHosts: values['page-host'] ?? [],
    effects,
    log: effects.log,
  });
  const stop = () => void center.close().then(() => process.exit());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  say(`Workstations connect to ${center.url}`);
  say(`The center's page: ${center.pageUrl}`);
  process.send?.({ type: 'ready', url: center.url, pageUrl: center.pageUrl });
  void center.lost.then(() => {
    effects.log('PostgreSQL ended by itself; the center stops. See postgres.log in the data folder.');
    process.exitCode = 1;
    stop();
  });
}

async function enrol(database: Database): Promise<void> {
  const scope = parseOption(ScopeSchema, values.facility, '--facility');
  const desk = createEnrolmentDesk(database, await loadIdentity(database, effects), effects);
  const code = await desk.createCode(scope);
  if (!code.ok) throw new UsageError(`There is no facility ${scope}.`);
  say(`Enrolment code for ${scope}: ${code.value.code} (for one workstation, within 24 hours)`);
}

async function revoke(database: Database, bus: NewsBus): Promise<void> {
  const device = parseOption(DeviceIdSchema, values.device, '--device');
  const isRevoked = await createRevocation(createDeviceBook(database, effects), bus)(device);
  if (!isRevoked) throw new UsageError(`There is no workstation ${device}, or it was revoked before.`);
  say(`Workstation ${device} is revoked; it obeys at its next contact.`);
}

async function wipe(database: Database, bus: NewsBus): Promise<void> {
  const device = parseOption(DeviceIdSchema, values.device, '--device');
  const isOrdered = await createWipe(createDeviceBook(database, effects), bus)(device);
  if (!isOrdered) throw new UsageError(`There is no workstation ${device}, or it was ordered before.`);
  say(`Workstation ${device} erases its records at its next contact; the page shows when it did.`);
}

async function revokePerson(database: Database, bus: NewsBus): Promise<void> {
  const scope = parseOption(ScopeSchema, values.facility, '--facility');
  const person = parseOption(PersonIdSchema, values.person, '--person');
  const { id: center } = await loadIdentity(database, effects);
  const announce = ({ lanes, ...applied }: Applied) =>
    bus.publish({ kind: 'head', ...applied, lanes: [...lanes] });
  const desk = createStaffDesk({ database, effects, center, announce });
  if (!(await desk.revoke(scope, person))) {
    throw new UsageError(`There is no member of staff ${person} at work in ${scope}.`);
  }
  say(`${person} is revoked; workstations of ${scope} lock her out at their next contact.`);
}

async function showStatus(database: Database): Promise<void> {
  const { facilities } = await readOverview(database, effects);
  for (const { scope, devices } of facilities) for (const device of devices) say(statusLine(scope, device));
  if (facilities.some(({ devices }) => devices.some(({ rolledBackAt }) => rolledBackAt !== null))) {
    process.exitCode = 1;
  }
}

function statusLine(scope: string, device: DeviceView): string {
  const moment = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString());
  const trail =
    device.rolledBackAt === null ? '' : `; AUDIT TRAIL ROLLED BACK ${moment(device.rolledBackAt)}`;
  const healed = (device.healed ?? 0) === 0 ? '' : `; healed ${device.healed}`;
  return `${scope} ${device.id} ${device.state}; contact ${moment(device.lastContactAt)}; unsent ${device.backlog ?? 0}${healed}${trail}`;
}

const headsPerRead = 1_000;

async function showHeads(database: Database): Promise<void> {
  const device = parseOption(DeviceIdSchema, values.device, '--device');
  const { facilities } = await readOverview(database, effects);
  const facility = facilities.find(({ devices }) => devices.some(({ id }) => id === device));
  if (facility === undefined) throw new UsageError(`There is no workstation ${device}.`);
  const scope = parseOption(ScopeSchema, facility.scope, '--device');
  const book = createHeadBook(database, effects.clock);
  for (let after = 0; ; ) {
    const heads = await book.list(scope, device, after, headsPerRead);
    for (const { nr: _nr, ...head } of heads) say(JSON.stringify({ device, ...head }));
    const last = heads.at(-1);
    if (last === undefined) return;
    after = last.nr;
  }
}

async function verifySignatures(database: Database): Promise<void> {
  const scope = parseOption(v.optional(ScopeSchema), values.facility, '--facility');
  const { signed, bad } = await checkSignatures(database, scope);
  for (const each of bad)
    say(`${each.scope} visit ${each.visit}: signature ${each.signature} is ${each.verdict}.`);
  say(`${signed} signatures, ${bad.length} of them do not hold.`);
  if (bad.length > 0) process.exitCode = 1;
}

async function publish(database: Database, bus: NewsBus): Promise<void> {
  const file = parseOption(v.string(), values.file, '--file');
  const identity = await loadIdentity(database, effects);
  const { version, facilities } = await publishDictionary(database, identity, await readFile(file), effects);
  bus.publish({ kind: 'dictionaries' });
  if (facilities > 0) bus.publish({ kind: 'page' });
  say(
    `Dictionary ${version} is on its way to ${facilities} facilities; it is used as soon as both sides hold it.`,
  );
}

async function verifyDigests(database: Database): Promise<void> {
  const wrong = await findWrongDigests(database);
  for (const { scope, bucket } of wrong)
    say(`${scope}: the digest of bucket ${bucket} differs from its documents.`);
  if (wrong.length > 0) process.exitCode = 1;
  else say('Every digest is that of its documents.');
}

async function durable(database: Database, bus: NewsBus): Promise<void> {
  if (positionals[1] === 'mark') {
    say(`Noted where ${await markBeforeBackup(database)} facilities stand. Take the backup now.`);
  } else if (positionals[1] === 'confirm') {
    say(`${await confirmBackup(database)} facilities are safe up to their mark.`);
    bus.publish({ kind: 'durable' });
  } else throw new UsageError('Say "durable mark" before a backup and "durable confirm" after it.');
}

async function newEpoch(database: Database, bus: NewsBus): Promise<void> {
  await loadIdentity(database, effects);
  say(
    `The epoch is now ${await beginEpoch(database, effects)}; workstations offer again what they still have.`,
  );
  bus.publish({ kind: 'epoch' });
}

function parseOption<Value>(schema: v.GenericSchema<unknown, Value>, typed: unknown, name: string): Value {
  const parsed = v.safeParse(schema, typed);
  if (!parsed.success) throw new UsageError(`${name} is missing or not right.`);
  return parsed.output;
}

/** Uses the database of a running center, or starts its PostgreSQL for as long as the command takes. */
async function withDatabase(work: (database: Database, bus: NewsBus) => Promise<void>): Promise<void> {
  const { url, stop } = await findDatabase(effects);
  const database = openDatabase(url, effects.log, 2);
  const bus = createNewsBus(database, url, effects);
  try {
    await migrate(database);
    await work(database, bus);
  } finally {
    await bus.close();
    await database.close();
    await stop();
  }
}

async function findDatabase(
  using: Effects,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const stop = async () => undefined;
  if (place.postgresUrl !== undefined) return { url: place.postgresUrl, stop };
  const folder = join(place.dataFolder, 'postgres');
  const running = await findRunningPostgres(folder, using);
  if (running !== undefined) return { url: running, stop };
  return await startEmbeddedPostgres(folder, using);
}
