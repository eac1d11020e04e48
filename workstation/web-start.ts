import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { errorMeanings } from '#contracts/errors.ts';
import type { Result } from '#contracts/result.ts';
import { passFile } from './hosts/pass-file.ts';
import { openScreenDoor } from './hosts/screen-door.ts';
import { listScreenFiles } from './hosts/screen-files.ts';
import { openWebHost } from './hosts/web-host.ts';
import type { LinkServerOptions } from './link-server.ts';
import type { Workstation } from './workstation.ts';

/** Where the web workstation keeps its data and listens. */
export interface WebStartArguments {
  readonly data: string;
  readonly port: number;
  /** Folder of the built renderer. */
  readonly renderer: string;
}

/** The port that drafts in a browser belong to; see docs/decisions/web-workstation.md. */
export const usualPort = 47_613;

const PortSchema = v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number), v.maxValue(65_535));

/** `--data <folder> [--port <number>] [--renderer <folder>]`. Throws on anything else. */
export function parseWebArguments(argv: readonly string[], usualRenderer: string): WebStartArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, port: { type: 'string' }, renderer: { type: 'string' } },
  });
  if (values.data === undefined) throw new Error('--data <folder> is missing');
  const port = values.port === undefined ? usualPort : v.parse(PortSchema, values.port);
  return { data: values.data, port, renderer: values.renderer ?? usualRenderer };
}

const usage = `npm run workstation -- --data <folder> [options]

  --data <folder>      where this workstation keeps its encrypted records
  --port <number>      port of localhost (default: ${usualPort})
  --renderer <folder>  built screens (default: dist/renderer)`;

/** {@link parseWebArguments}, or null after telling on the terminal how it is called. */
export function readWebArguments(
  argv: readonly string[],
  usualRenderer: string,
  host: { exitCode?: number | string | null | undefined },
): WebStartArguments | null {
  if (argv.includes('--help')) {
    console.log(usage);
    return null;
  }
  try {
    return parseWebArguments(argv, usualRenderer);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    host.exitCode = 2;
    return null;
  }
}

/** What the root joined. */
export interface StartedParts {
  readonly workstation: Workstation;
  readonly close: () => Promise<void>;
}

/** What of Node's process a start uses. */
export interface HostProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'disconnect', run: () => void): unknown;
  on(event: 'message', hear: (message: unknown) => void): unknown;
  send?(message: unknown): unknown;
  exit(code: number): void;
}

/**
 * Serves the workstation to browsers of this computer until a signal, `{type:'close'}` or the end of the parent process
 * closes it in order. Says where on the terminal, and to a parent process by `{type:'ready', url}`; `{type:'new-address'}`
 * asks for a fresh one.
 */
export async function startWebWorkstation(
  compose: () => Promise<Result<StartedParts>>,
  { data, port, renderer }: WebStartArguments,
  host: HostProcess,
  options: LinkServerOptions,
): Promise<void> {
  const files = await listScreenFiles(renderer);
  const composed = await compose();
  if (!composed.ok) {
    const { code } = composed.error;
    console.error(`The workstation did not open (${code}). ${errorMeanings[code].technician}`);
    host.exit(1);
    return;
  }
  const { workstation, close } = composed.value;
  const door = await openScreenDoor(passFile(data), workstation.parts.clock, workstation.parts.random);
  const web = await openWebHost(workstation, { files, door, port, ...options });

  let isClosing = false;
  const closeDown = (): void => {
    if (isClosing) return;
    isClosing = true;
    web
      .close()
      .then(close)
      .then(() => host.exit(0))
      .catch((error) => {
        workstation.parts.log.incident(error);
        host.exit(1);
      });
  };
  const announce = (): void => {
    const url = web.newAddress();
    console.log(`Hamshira: ${url}`);
    host.send?.({ type: 'ready', url });
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect'] as const) host.on(signal, closeDown);
  host.on('message', (message) => {
    if (v.is(v.object({ type: v.literal('close') }), message)) closeDown();
    if (v.is(v.object({ type: v.literal('new-address') }), message)) announce();
  });
  announce();
}
