/** One edit of one file: `find` has to occur exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What has to notice a planted bug: a test file, or a short simulation with some faults made frequent. */
export type Trap =
  | { readonly kind: 'unit' | 'system'; readonly path: string; readonly title?: string }
  | {
      readonly kind: 'simulate';
      readonly seed: number;
      readonly years: number;
      readonly days: number;
      /** Faults, comma separated; nothing: all of them. */
      readonly only?: string;
      /** How much more often than usual they strike. */
      readonly times?: number;
    };

/** A bug planted in protocol code. */
export interface Mutation {
  readonly name: string;
  /** Why it is a bug: what would be lost, twice, or wrong. */
  readonly why: string;
  readonly edits: readonly Edit[];
  /** The first one that fails is named in the table. */
  readonly traps: readonly Trap[];
  /** Why no test can notice it, if none can: it changes nothing. */
  readonly equivalent?: string;
}

export const unit = (path: string): Trap => ({ kind: 'unit', path });
export const system = (path: string, title?: string): Trap => ({
  kind: 'system',
  path,
  ...(title === undefined ? {} : { title }),
});
export const simulate = (seed: number, days: number, only: string, times: number): Trap => ({
  kind: 'simulate',
  seed,
  years: 1,
  days,
  only,
  times,
});

export const describeTrap = (trap: Trap): string =>
  trap.kind === 'simulate' ? `simulate ${trap.only ?? 'everything'}` : trap.path;
