import type { ErrorCode } from '#contracts/errors.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import type { RecordSpans } from '#sync/merge/record-spans.ts';
import { isQuestion } from './conversation.ts';
import type { GatewayLimits } from './limits.ts';
import type { Line } from './line.ts';

/** A message that was unpacked and parsed. */
export interface ReadMessage {
  readonly message: ClientMessage;
  /** Length of its text, in UTF-16 units or, where it came packed, bytes. */
  readonly length: number;
  /** Where the records of an offer that came packed are: they are not parsed yet, and null stands in their places. */
  readonly spans?: RecordSpans;
}

/**
 * Answers a message. The one behind it may be answered as soon as this one calls `letNext`, at the latest when it is over; called
 * later or again it does nothing.
 */
export type Answer = (letNext: () => void) => Promise<void>;

/** What an intake needs of its connection. */
export interface IntakeParts {
  readonly line: Pick<Line, 'isOpen' | 'pause' | 'resume'>;
  readonly limits: Pick<
    GatewayLimits,
    'offers' | 'questions' | 'readAheadLength' | 'messages' | 'pausedAtMessages' | 'pausedAtBytes'
  >;
  /** Since version 2, after the welcome. */
  isConcurrent(): boolean;
  /** Undefined if it is no message of the protocol. */
  read(raw: string | Uint8Array): ReadMessage | undefined;
  /** Deals with a message that never waits. False if it is none. */
  handleAtOnce(message: ClientMessage): boolean;
  /** Does what needs nothing but the message, and returns the rest. */
  begin(read: ReadMessage): Answer;
  /** Answering a message of this type threw. */
  failed(type: ClientMessage['type'], error: unknown): void;
  refuse(code: ErrorCode, retry: boolean): void;
}

/** Takes messages off a line. */
export interface Intake {
  add(raw: string | Uint8Array): void;
  /** Resolves when nothing is worked on any more. */
  idle(): Promise<void>;
}

/**
 * Takes messages off the line: read in their order, and not before there is room to wait for their answer (docs/specs/center.md
 * GAT-4). Counted in messages and in what they hold: a packed message of a few kilobytes may unpack to 4 MiB.
 */
export function createIntake(parts: IntakeParts): Intake {
  const { line, limits } = parts;
  const received: (string | Uint8Array)[] = [];
  let receivedBytes = 0;
  const takeNext = () => {
    while (received.length > 0 && line.isOpen && hasRoom()) {
      const raw = received.shift() ?? '';
      receivedBytes -= raw.length;
      take(raw);
    }
    // A refused connection has to be read on, or the end of its closing handshake is never seen.
    if (!isFull() || !line.isOpen) line.resume();
  };
  const isFull = () => received.length >= limits.pausedAtMessages || receivedBytes >= limits.pausedAtBytes;
  const offers = createQueue(parts, takeNext);
  const questions = createQueue(parts, takeNext);
  const hasRoom = () => {
    const isIdle = offers.count + questions.count === 0;
    if (isIdle || !parts.isConcurrent() || isWelcoming) return isIdle;
    if (offers.length + questions.length >= limits.readAheadLength) return false;
    return offers.count < limits.offers && questions.count < limits.questions;
  };
  /** The welcome is part of the answer to `prove`: nothing after it may be looked at before. */
  let isWelcoming = false;
  const take = (raw: string | Uint8Array) => {
    const read = parts.read(raw);
    if (read === undefined) return parts.refuse('sync.unknown-message', false);
    const { message, length } = read;
    isWelcoming = !parts.isConcurrent();
    if (parts.isConcurrent() && parts.handleAtOnce(message)) return;
    const queue = parts.isConcurrent() && isQuestion(message) ? questions : offers;
    queue.add({ type: message.type, length, run: parts.begin(read) });
  };
  return {
    add: (raw) => {
      if (!line.isOpen) return;
      if (received.length >= limits.messages) return parts.refuse('sync.overloaded', true);
      received.push(raw);
      receivedBytes += raw.length;
      if (isFull()) line.pause();
      takeNext();
    },
    idle: async () => {
      await Promise.all([offers.idle(), questions.idle()]);
    },
  };
}

interface Task {
  readonly type: ClientMessage['type'];
  readonly length: number;
  readonly run: Answer;
}

/** Answers of one queue that are worked on at once: while PostgreSQL is busy with one, the next is put to it. */
const mostAtOnce = 2;

/** Begins to answer messages in their order; none once the line is closed. */
function createQueue({ line, failed }: IntakeParts, answered: () => void) {
  const waiting: Task[] = [];
  const underWay = new Set<Promise<void>>();
  let length = 0;
  /** Whether the one begun last has not let the next begin. */
  let isHeld = false;
  const beginNext = () => {
    if (isHeld || underWay.size === mostAtOnce || !line.isOpen) return;
    const task = waiting.shift();
    if (task === undefined) return;
    isHeld = true;
    let holds = true;
    const letNext = () => {
      if (holds) isHeld = false;
      holds = false;
      beginNext();
    };
    const working = answer(task, letNext).then(() => {
      underWay.delete(working);
      length -= task.length;
      letNext();
      answered();
    });
    underWay.add(working);
  };
  const answer = async ({ type, run }: Task, letNext: () => void) => {
    try {
      await run(letNext);
    } catch (error) {
      failed(type, error);
    }
  };
  return {
    /** Tasks that wait or are worked on, and the sum of their messages' lengths. */
    get count() {
      return waiting.length + underWay.size;
    },
    get length() {
      return length;
    },
    add: (task: Task) => {
      waiting.push(task);
      length += task.length;
      beginNext();
    },
    idle: async () => {
      await Promise.all(underWay);
    },
  };
}
