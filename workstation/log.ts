import type { Clock } from '#clinic/ports/clock.ts';

/** Takes one line of the workstation's log. */
export type LogLine = (line: string) => void;

/** What the workstation tells the technician. Never patient data: no messages of errors, no values, no names. */
export interface Log {
  /** Writes down an unexpected error; returns the number that the screen shows. */
  incident(error: unknown): string;
  note(event: string): void;
}

/** Most frames of a stack, and causes of an error, that are written down. */
const mostFrames = 12;
const mostCauses = 4;

/** A log over `write`. Incident numbers are unique within one run: time in base 36 and a counter. */
export function createLog(write: LogLine, clock: Clock): Log {
  let incidents = 0;
  const stamp = () => new Date(Math.min(Math.max(clock.now(), 0), 8.64e15)).toISOString();
  return {
    incident: (error) => {
      incidents += 1;
      const number = `${Math.floor(clock.now()).toString(36)}-${incidents}`;
      write(`${stamp()} incident ${number} ${describeError(error)}`);
      return number;
    },
    note: (event) => write(`${stamp()} ${event}`),
  };
}

/**
 * Kind, code and place of an error and its causes. The message is left out on purpose: a schema, a parser or SQLite may
 * have put a value of a record into it.
 */
export function describeError(error: unknown): string {
  const described: string[] = [];
  for (let cause = error; cause !== undefined && described.length < mostCauses; ) {
    described.push(describeOne(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return described.join('\n  caused by ');
}

function describeOne(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code.slice(0, 60)}` : '';
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, mostFrames);
  return [`${error.name}${code}`, ...frames].join('\n');
}
