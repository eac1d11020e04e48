import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { ReplicaFailure, type ReplicaFailureCode } from '#clinic/ports/replica-failure.ts';
import type { ThreadKey } from '../sqlcipher/thread-key.ts';
import type { QueryPlan } from './query-plan.ts';
import { type ReaderAnswer, ReaderAnswerSchema, type ReaderRequest } from './reader-messages.ts';

/** Most heavy reads under way or waiting; more means that something asks without end. */
const maxOpenReads = 500;
/** A reader that is asked to stop and does not is ended after this. */
const stopWaitMs = 5_000;

interface OpenRead {
  readonly documents: unknown[];
  readonly found: (documents: unknown[]) => void;
  readonly counted: (count: number) => void;
  readonly failed: (error: unknown) => void;
}

/** A thread with a connection of its own for heavy reads (STO-11). Started by the first of them. */
export class Reader {
  readonly #start: { readonly file: string; readonly key: ThreadKey };
  readonly #open = new Map<number, OpenRead>();
  #worker: Worker | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(file: string, key: ThreadKey) {
    this.#start = { file, key };
  }

  /** The documents a plan finds, in order. */
  find(plan: QueryPlan): Promise<unknown[]> {
    return new Promise((found, failed) =>
      this.#ask('find', plan, { documents: [], found, failed, counted: () => failed(unexpected()) }),
    );
  }

  /** How many documents a plan finds. */
  count(plan: QueryPlan): Promise<number> {
    return new Promise((counted, failed) =>
      this.#ask('count', plan, { documents: [], counted, failed, found: () => failed(unexpected()) }),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'close' } satisfies ReaderRequest);
    const giveUp = setTimeout(() => void worker.terminate(), stopWaitMs);
    await exited;
    clearTimeout(giveUp);
  }

  #ask(kind: 'find' | 'count', plan: QueryPlan, read: OpenRead): void {
    if (this.#isClosed || this.#open.size >= maxOpenReads) {
      read.failed(new Error(this.#isClosed ? 'the reader is closed' : 'too many heavy reads at once'));
      return;
    }
    this.#lastId += 1;
    this.#open.set(this.#lastId, read);
    const worker = this.#runningWorker();
    // Holds the process while somebody waits for an answer, and only then.
    worker.ref();
    worker.postMessage({ kind, id: this.#lastId, plan } satisfies ReaderRequest);
  }

  #runningWorker(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), { workerData: this.#start });
    worker.on('message', (message: unknown) => this.#receive(v.parse(ReaderAnswerSchema, message)));
    worker.on('error', (error) => this.#failAll(worker, error));
    worker.on('exit', () => this.#failAll(worker, new Error('the reader thread ended')));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: ReaderAnswer): void {
    const read = this.#open.get(answer.id);
    if (read === undefined) return;
    if (answer.kind === 'documents') {
      for (const document of parseDocuments(answer.json)) read.documents.push(document);
      this.#worker?.postMessage({ kind: 'more', id: answer.id } satisfies ReaderRequest);
      return;
    }
    this.#open.delete(answer.id);
    if (this.#open.size === 0) this.#worker?.unref();
    if (answer.kind === 'documents-end') read.found(read.documents);
    else if (answer.kind === 'count') read.counted(answer.count);
    else read.failed(failureFrom(answer.code, answer.message));
  }

  /** The next read starts a new thread. A thread that failed still has to exit, when another may be at work. */
  #failAll(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reads = [...this.#open.values()];
    this.#open.clear();
    for (const read of reads) read.failed(error);
  }
}

function parseDocuments(json: string): readonly unknown[] {
  const documents: unknown = JSON.parse(json);
  return Array.isArray(documents) ? documents : [];
}

const unexpected = () => new Error('the reader gave an answer of another kind');

function failureFrom(code: string, message: string): Error {
  return isReplicaFailureCode(code) ? new ReplicaFailure(code) : new Error(`the reader failed: ${message}`);
}

const failureCodes: readonly string[] = [
  'store.damaged',
  'store.disk-full',
  'store.in-use',
  'store.newer',
  'store.wrong-key',
] satisfies ReplicaFailureCode[];

function isReplicaFailureCode(code: string): code is ReplicaFailureCode {
  return failureCodes.includes(code);
}
