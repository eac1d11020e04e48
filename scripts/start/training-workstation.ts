import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { StartRefusal } from './arguments.ts';
import { type Child, startChild } from './child.ts';

const script = fileURLToPath(new URL('../../workstation/main-development.ts', import.meta.url));
const startLimitMs = 30_000;
const closeLimitMs = 15_000;

/** What the workstation's process says once it serves screens. */
const WorkstationSaysSchema = v.object({ type: v.literal('ready'), url: v.string() });
type WorkstationSays = v.InferOutput<typeof WorkstationSaysSchema>;

/** The workstation of this start, which can be killed and started again. */
export interface TrainingWorkstation {
  /** With a one-time token in its fragment; new with every start. */
  address(): string;
  /** SIGKILL, then a new process on the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the web workstation on `folder`. Throws a {@link StartRefusal} when it does not come up. */
export async function openTrainingWorkstation(
  place: { readonly name: string; readonly folder: string; readonly port: number },
  logFolder: string,
  endedByItself: (how: string) => void,
): Promise<TrainingWorkstation> {
  let child: Child<WorkstationSays> | undefined;
  let address = '';

  const start = async (): Promise<void> => {
    const starting = startChild({
      name: place.name,
      script,
      arguments: ['--data', place.folder, '--port', String(place.port)],
      logPath: join(logFolder, `${place.name}.log`),
      messages: WorkstationSaysSchema,
    });
    address = (await readyFrom(starting)).url;
    child = starting;
    starting.onUnexpectedEnd((how) => {
      child = undefined;
      endedByItself(how);
    });
  };

  await start();
  return {
    address: () => address,
    async restart() {
      await child?.kill();
      await start();
    },
    async stop() {
      await child?.close(closeLimitMs);
    },
  };
}

async function readyFrom(child: Child<WorkstationSays>): Promise<WorkstationSays> {
  try {
    return await child.next(startLimitMs);
  } catch (error) {
    await child.kill();
    throw new StartRefusal(
      `The workstation did not start: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}
