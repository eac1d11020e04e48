// npm start: a center with a synthetic district, and this computer as an enrolled workstation. See README.md.
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { holdDataFolder } from '#access/data-folder.ts';
import { facilityScope } from '#testing/district/places.ts';
import { readArguments, type StartArguments, StartRefusal, usage } from './start/arguments.ts';
import { openDesktopWorkstation, opensDesktop } from './start/desktop-workstation.ts';
import { enrolPeople } from './start/enrol-people.ts';
import { type FurtherComputers, furtherComputers } from './start/further-computers.ts';
import { type Key, readKeys } from './start/keys.ts';
import { findFreePort, isPortFree, requireSpace, requireSupportedPlatform } from './start/machine.ts';
import { hasDisplay, openBrowser } from './start/open-browser.ts';
import { buildRendererIfStale } from './start/renderer-build.ts';
import {
  centerStarted,
  centerStopped,
  computerOpened,
  welcome,
  workstationRestarted,
} from './start/terminal-words.ts';
import { openTrainingCenter, type TrainingCenter } from './start/training-center.ts';
import { readTrainingFile, type TrainingFile, writeTrainingFile } from './start/training-file.ts';
import { planPeople } from './start/training-people.ts';
import { openTrainingWorkstation, type TrainingWorkstation } from './start/training-workstation.ts';
import { projectFolder } from './steps.ts';

/** What is running, for the keys. */
interface Running {
  readonly center: TrainingCenter;
  readonly workstation: TrainingWorkstation;
  readonly further: FurtherComputers;
  close(): Promise<void>;
}

/** Lock, training file and logs of the start itself. */
const startFolder = ({ dataFolder }: StartArguments): string => join(dataFolder, 'start');
const recordsFolder = ({ dataFolder }: StartArguments): string => join(dataFolder, 'workstation', 'records');
const random = { bytes: (length: number): Uint8Array => randomBytes(length) };
const say = (text: string): void => console.log(text);

if (process.argv.includes('--help')) {
  say(usage);
  process.exit(0);
}
try {
  const running = await bringUp(readArguments(process.argv.slice(2), projectFolder));
  await serveKeys(running);
  await running.close();
  process.exit(0);
} catch (error) {
  if (error instanceof StartRefusal) console.error(`\n${error.message}`);
  else console.error(error);
  process.exit(1);
}

async function bringUp(asked: StartArguments): Promise<Running> {
  requireSupportedPlatform(process.platform, process.arch);
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  const interrupted = (): void => void close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const { training: planned, logFolder } = await prepareFolder(asked, closing);
    // Both to their end, also when one fails: what was started has to be closed.
    const [centerStart, build] = await Promise.allSettled([
      startCenter(asked, planned, logFolder, closing),
      buildRendererIfStale(),
    ]);
    if (build.status === 'rejected') throw build.reason;
    if (centerStart.status === 'rejected') throw centerStart.reason;
    const center = centerStart.value;
    const training = await enrolOnce(asked, planned, center, logFolder);
    const workstation = await startWorkstation(asked, training, logFolder, closing);
    const further = furtherComputers({
      dataFolder: asked.dataFolder,
      startFolder: startFolder(asked),
      logFolder,
      training,
      center,
      random,
      usablePort,
      say,
    });
    closing.push(() => further.stop());
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    say(welcome(workstation.address(), center.pageUrl(), training));
    const isPage = workstation.address().startsWith('http');
    if (isPage && asked.opensBrowser && hasDisplay(process.platform, process.env)) {
      openBrowser(workstation.address(), process.platform);
    }
    return { center, workstation, further, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Takes the folder for this start and reads or plans what is fixed from the first start on. */
async function prepareFolder(
  asked: StartArguments,
  closing: (() => Promise<void>)[],
): Promise<{ readonly training: TrainingFile; readonly logFolder: string }> {
  // The lock closes its folder to other accounts; PostgreSQL's own account has to get through to the center's.
  await mkdir(asked.dataFolder, { recursive: true });
  const held = await holdDataFolder(startFolder(asked));
  if (!held.ok) {
    throw new StartRefusal(
      held.error.code === 'store.in-use'
        ? `${asked.dataFolder} is already in use by another npm start. End that one, or choose another folder with --data.`
        : `Not enough space in ${asked.dataFolder}, or it cannot be written (${held.error.code}).`,
    );
  }
  closing.push(async () => held.value.release());
  await requireSpace(asked.dataFolder);
  const logFolder = join(startFolder(asked), 'logs');
  await mkdir(logFolder, { recursive: true });
  return { training: await trainingFor(asked), logFolder };
}

async function trainingFor(asked: StartArguments): Promise<TrainingFile> {
  const known = await readTrainingFile(startFolder(asked));
  const centerPort = known?.centerPort ?? asked.centerPort ?? (await findFreePort());
  if (!(await isPortFree(centerPort))) {
    throw new StartRefusal(
      `Port ${centerPort}, where the workstation looks for the center, is in use by another program. ` +
        'End it, or begin anew with another folder: --data.',
    );
  }
  const workstationPort = asked.port ?? (await usablePort(known?.workstationPort));
  if (!(await isPortFree(workstationPort))) throw new StartRefusal(`Port ${workstationPort} is in use.`);
  const people = known?.people ?? planPeople(random, 'first');
  const training = { ...known, centerPort, workstationPort, people, isEnrolled: known?.isEnrolled ?? false };
  await writeTrainingFile(startFolder(asked), training);
  return training;
}

async function usablePort(known: number | undefined): Promise<number> {
  if (known !== undefined && (await isPortFree(known))) return known;
  return await findFreePort();
}

async function startCenter(
  asked: StartArguments,
  { centerPort }: TrainingFile,
  logFolder: string,
  closing: (() => Promise<void>)[],
): Promise<TrainingCenter> {
  const { postgresUrl, patients } = asked;
  const order = { dataFolder: join(asked.dataFolder, 'center'), port: centerPort, patients };
  const center = await openTrainingCenter(
    postgresUrl === undefined ? order : { ...order, postgresUrl },
    logFolder,
    (how) =>
      say(`The center ended by itself (${how}); c starts it again. See ${join(logFolder, 'center.log')}`),
  );
  closing.push(() => center.stop());
  return center;
}

/** The first start enrols this computer and its people. */
async function enrolOnce(
  asked: StartArguments,
  training: TrainingFile,
  center: TrainingCenter,
  logFolder: string,
): Promise<TrainingFile> {
  if (training.isEnrolled) return training;
  say('Enrolling this workstation and its people …');
  const log = createWriteStream(join(logFolder, 'workstation.log'), { flags: 'a', mode: 0o600 });
  const enrolling = {
    url: center.url,
    label: 'Training workstation',
    makeCode: () => center.makeCode(facilityScope(0)),
  };
  const writeLog = (line: string) => log.write(`${line}\n`);
  const paperKey = await enrolPeople(recordsFolder(asked), training.people, enrolling, writeLog);
  log.end();
  const enrolled = { ...training, isEnrolled: true, paperKey };
  await writeTrainingFile(startFolder(asked), enrolled);
  return enrolled;
}

async function startWorkstation(
  asked: StartArguments,
  training: TrainingFile,
  logFolder: string,
  closing: (() => Promise<void>)[],
): Promise<TrainingWorkstation> {
  const folder = recordsFolder(asked);
  const endedByItself = (how: string): void =>
    say(`The workstation ended by itself (${how}); w starts it again.`);
  const workstation = opensDesktop(asked.shell)
    ? await openDesktopWorkstation(folder, logFolder, endedByItself)
    : await openTrainingWorkstation(
        { name: 'workstation', folder, port: training.workstationPort },
        logFolder,
        endedByItself,
      );
  closing.push(() => workstation.stop());
  return workstation;
}

/** Serves the keys until somebody quits, one at a time. */
async function serveKeys(running: Running): Promise<void> {
  const quit = Promise.withResolvers<void>();
  let turn: Promise<void> = Promise.resolve();
  const pressed = (key: Key): void => {
    if (key === 'quit') quit.resolve();
    else turn = turn.then(() => act(running, key)).catch(sayFailure);
  };
  const stopReading = readKeys(process.stdin, pressed);
  const interrupted = (): void => quit.resolve();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  // Whoever read what is printed is gone.
  process.stdout.on('error', interrupted);
  await quit.promise;
  stopReading();
  say('Closing …');
  await turn;
}

/** A refusal is for the person at the terminal; anything else is a fault, with its stack. */
function sayFailure(error: unknown): void {
  console.error(error instanceof StartRefusal ? error.message : error);
}

async function act({ center, workstation, further }: Running, key: Exclude<Key, 'quit'>): Promise<void> {
  if (key === 'workstation') {
    await workstation.restart();
    say(workstationRestarted(workstation.address()));
  } else if (key === 'neighbour' || key === 'second') {
    const { address, computer } = await further.open(key);
    say(computerOpened(key, address, computer));
  } else if (center.isRunning()) {
    await center.stop();
    say(centerStopped);
  } else {
    await center.start();
    say(centerStarted(center.pageUrl()));
  }
}
