import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What was asked for on the command line of `npm start -- …`. */
export interface StartArguments {
  /** Absolute path of the folder that holds everything this start makes. */
  readonly dataFolder: string;
  /** Fixed ports, or undefined for free ones. */
  readonly port: number | undefined;
  readonly centerPort: number | undefined;
  /** Use this PostgreSQL instead of the embedded one. */
  readonly postgresUrl: string | undefined;
  /** Synthetic patients that an empty center is given. */
  readonly patients: number;
  readonly opensBrowser: boolean;
  /** `auto`: Electron where its binary is and there is a display, else the web workstation. */
  readonly shell: 'auto' | 'web' | 'electron';
}

export const usage = `npm start -- [options]

  --data <folder>       where everything is kept (default: data-local)
  --port <number>       port of the web workstation (default: a free one, kept)
  --center-port <n>     port of the center (default: a free one, kept)
  --postgres <url>      use this PostgreSQL instead of the embedded one
  --patients <number>   synthetic patients in an empty center (default: 600)
  --shell <web|electron|auto>
  --no-open             do not open a browser`;

/** Thrown for a command line or a machine that cannot work; the message is for the person at the terminal. */
export class StartRefusal extends Error {}

/** Reads the command line. Throws a {@link StartRefusal} that says what is wrong. */
export function readArguments(line: readonly string[], projectFolder: string): StartArguments {
  const values = parsed(line);
  const shell = values.shell ?? 'auto';
  if (shell !== 'auto' && shell !== 'web' && shell !== 'electron') {
    throw new StartRefusal(`--shell takes web, electron or auto, not ${shell}`);
  }
  return {
    dataFolder: resolve(projectFolder, values.data ?? 'data-local'),
    port: portFrom('--port', values.port),
    centerPort: portFrom('--center-port', values['center-port']),
    postgresUrl: values.postgres,
    patients: numberFrom('--patients', values.patients ?? '600', 0, 200_000),
    opensBrowser: values['no-open'] !== true,
    shell,
  };
}

function parsed(line: readonly string[]) {
  try {
    return parseArgs({
      args: [...line],
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        'center-port': { type: 'string' },
        postgres: { type: 'string' },
        patients: { type: 'string' },
        shell: { type: 'string' },
        'no-open': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new StartRefusal(`${error instanceof Error ? error.message : 'unknown option'}\n\n${usage}`);
  }
}

const portFrom = (option: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : numberFrom(option, text, 1, 65_535);

function numberFrom(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new StartRefusal(`${option} takes a number from ${least} to ${most}, not ${text}`);
}
