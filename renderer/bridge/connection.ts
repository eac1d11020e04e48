import * as v from 'valibot';
import type { Timers } from '#clinic/ports/clock.ts';
import type { Link } from '#contracts/bridge/link.ts';
import {
  bridgeVersion,
  type WorkstationMessage,
  WorkstationMessageSchema,
} from '#contracts/bridge/messages.ts';
import { type AppError, appError } from '#contracts/errors.ts';

/** How the screen stands with the workstation process. `lost` means it is being tried again. */
export type ConnectionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'connected' }
  | { readonly status: 'lost' }
  | { readonly status: 'refused'; readonly error: AppError };

/** What the screen shows at the door: a one-time token or the pass it was exchanged for. */
export interface Credentials {
  read(): string | undefined;
  /** Keeps the pass for this tab. */
  keep(pass: string): void;
}

export interface ConnectionOptions {
  /** Opens a new link; rejects or closes when the workstation cannot be reached. */
  readonly connect: () => Promise<Link>;
  /** Null on links that are trusted by how they came (Electron's port): no greeting is exchanged. */
  readonly credentials: Credentials | null;
  readonly timers: Timers;
  /** In [0, 1): spreads the attempts of several tabs. */
  readonly random: () => number;
}

export interface Connection {
  state(): ConnectionState;
  onState(listener: (state: ConnectionState) => void): () => void;
  /** False when there is no greeted link to send over. */
  send(message: unknown): boolean;
  /** Tries at once, also after a refusal: a new token may have come. */
  retry(): void;
  close(): void;
}

const greetingTimeoutMs = 10_000;
const firstWaitMs = 250;
const longestWaitMs = 5_000;

/** Time until attempt number `attempt` (from 0): doubles up to five seconds, spread by a quarter (BRI-3). */
export function backOffMs(attempt: number, random: () => number): number {
  const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(attempt, 10));
  return Math.round(wait * (0.75 + random() * 0.5));
}

interface Hearer {
  readonly connected: () => void;
  readonly message: (message: WorkstationMessage) => void;
  /** The greeted link is gone. */
  readonly lost: () => void;
}

/** Keeps one link to the workstation alive: greets, reconnects with back-off for as long as the page lives. */
export function openConnection(options: ConnectionOptions, hearer: Hearer): Connection {
  const listeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = { status: 'connecting' };
  let link: Link | null = null;
  let attempt = 0;
  let generation = 0;
  let isClosed = false;
  let cancelTimer = () => {};

  const setState = (next: ConnectionState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };

  const dropLink = () => {
    generation += 1;
    cancelTimer();
    const old = link;
    link = null;
    old?.close();
  };

  const lose = () => {
    const wasConnected = state.status === 'connected';
    dropLink();
    if (isClosed) return;
    if (wasConnected || attempt > 1) setState({ status: 'lost' });
    if (wasConnected) hearer.lost();
    cancelTimer = options.timers.after(backOffMs(attempt, options.random), start);
    attempt += 1;
  };

  const refuse = (error: AppError) => {
    const wasConnected = state.status === 'connected';
    dropLink();
    setState({ status: 'refused', error });
    if (wasConnected) hearer.lost();
  };

  const welcome = () => {
    cancelTimer();
    attempt = 0;
    setState({ status: 'connected' });
    hearer.connected();
  };

  const hearGreeting = (message: WorkstationMessage) => {
    if (message.type === 'failure') return refuse(message.error);
    if (message.type !== 'welcome') return;
    if (message.bridge !== bridgeVersion) return refuse(appError('bridge.unknown-message'));
    if (message.pass !== undefined) options.credentials?.keep(message.pass);
    welcome();
  };

  const hear = (raw: unknown) => {
    const parsed = v.safeParse(WorkstationMessageSchema, raw);
    // A message nobody can read means that screen and workstation come from different builds.
    if (!parsed.success) return refuse(appError('bridge.unknown-message'));
    if (state.status === 'connected') hearer.message(parsed.output);
    else hearGreeting(parsed.output);
  };

  const greet = (opened: Link) => {
    if (options.credentials === null) return welcome();
    const token = options.credentials.read();
    cancelTimer = options.timers.after(greetingTimeoutMs, lose);
    opened.send({ type: 'hello', bridge: bridgeVersion, ...(token === undefined ? {} : { token }) });
  };

  const start = () => {
    cancelTimer();
    generation += 1;
    const mine = generation;
    const isCurrent = () => mine === generation && !isClosed;
    options.connect().then(
      (opened) => {
        if (!isCurrent()) return opened.close();
        link = opened;
        opened.onClose(() => isCurrent() && lose());
        opened.onMessage((message) => isCurrent() && hear(message));
        if (isCurrent()) greet(opened);
      },
      () => isCurrent() && lose(),
    );
  };

  start();
  return {
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send(message) {
      if (link === null || state.status !== 'connected') return false;
      link.send(message);
      return true;
    },
    retry() {
      if (state.status === 'connected' || isClosed) return;
      dropLink();
      attempt = 0;
      setState({ status: 'connecting' });
      start();
    },
    close() {
      isClosed = true;
      dropLink();
    },
  };
}
