import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '#clinic/ports/clock.ts';
import { facilityScope } from '#testing/district/places.ts';
import { enrolPeople } from './enrol-people.ts';
import type { TrainingCenter } from './training-center.ts';
import { type TrainingComputer, type TrainingFile, writeTrainingFile } from './training-file.ts';
import { planPeople } from './training-people.ts';
import { openTrainingWorkstation, type TrainingWorkstation } from './training-workstation.ts';

/** The computer of another facility, or the second one of the first computer's facility. */
export type FurtherComputer = 'neighbour' | 'second';

/** Where a further computer can be reached, and by whom. */
export interface OpenComputer {
  readonly address: string;
  readonly computer: TrainingComputer;
}

/** Workstations beside the first one, each opened when somebody asks for it. */
export interface FurtherComputers {
  /** Enrols and starts it; one that runs is killed and started again. Throws a StartRefusal. */
  open(which: FurtherComputer): Promise<OpenComputer>;
  stop(): Promise<void>;
}

/** What they stand on. */
export interface FurtherComputersOptions {
  /** Each gets a folder of its own in it. */
  readonly dataFolder: string;
  /** Where the training file and the logs are. */
  readonly startFolder: string;
  readonly logFolder: string;
  readonly training: TrainingFile;
  readonly center: TrainingCenter;
  readonly random: Random;
  /** The port of an earlier start where it is free, else another one. */
  usablePort(known: number | undefined): Promise<number>;
  say(text: string): void;
}

const facilityOf = { neighbour: facilityScope(1), second: facilityScope(0) } as const;
const labels = { neighbour: 'Neighbour workstation', second: 'Second training workstation' } as const;

interface Running {
  readonly workstation: TrainingWorkstation;
  readonly computer: TrainingComputer;
}

export function furtherComputers(options: FurtherComputersOptions): FurtherComputers {
  const running = new Map<FurtherComputer, Running>();
  let training = options.training;

  /** What is fixed from the first time on. */
  const plan = async (which: FurtherComputer): Promise<TrainingComputer> => {
    const known = training[which];
    const computer = {
      ...known,
      port: await options.usablePort(known?.port),
      people: known?.people ?? planPeople(options.random, which),
      isEnrolled: known?.isEnrolled ?? false,
    };
    await write(which, computer);
    return computer;
  };
  const write = async (which: FurtherComputer, computer: TrainingComputer): Promise<void> => {
    training = { ...training, [which]: computer };
    await writeTrainingFile(options.startFolder, training);
  };

  const start = async (which: FurtherComputer): Promise<Running> => {
    let computer = await plan(which);
    const folder = join(options.dataFolder, which, 'records');
    if (!computer.isEnrolled) {
      options.say('Enrolling it and its people …');
      const paperKey = await enrol(which, computer, folder, options);
      computer = { ...computer, isEnrolled: true, paperKey };
      await write(which, computer);
    }
    const ended = (how: string): void =>
      options.say(`The computer "${which}" ended by itself (${how}); ${which[0]} starts it again.`);
    const place = { name: which, folder, port: computer.port };
    const workstation = await openTrainingWorkstation(place, options.logFolder, ended);
    return { workstation, computer };
  };

  return {
    async open(which) {
      const known = running.get(which);
      await known?.workstation.restart();
      const { workstation, computer } = known ?? (await start(which));
      running.set(which, { workstation, computer });
      return { address: workstation.address(), computer };
    },
    async stop() {
      await Promise.all([...running.values()].map(({ workstation }) => workstation.stop()));
    },
  };
}

async function enrol(
  which: FurtherComputer,
  { people }: TrainingComputer,
  folder: string,
  { center, logFolder }: FurtherComputersOptions,
): Promise<string> {
  const log = createWriteStream(join(logFolder, `${which}.log`), { flags: 'a', mode: 0o600 });
  const enrolling = {
    url: center.url,
    label: labels[which],
    makeCode: () => center.makeCode(facilityOf[which]),
  };
  try {
    return await enrolPeople(folder, people, enrolling, (line) => log.write(`${line}\n`));
  } finally {
    log.end();
  }
}
