// Runs heavy reads beside the workstation's event loop, on a connection of its own that cannot write.
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { clearMemory } from '../sqlcipher/clear-memory.ts';
import { Connection } from '../sqlcipher/connection.ts';
import { asReplicaFailure } from '../sqlcipher/failure.ts';
import {
  type ReaderAnswer,
  type ReaderRequest,
  ReaderRequestSchema,
  ReaderStartSchema,
} from './reader-messages.ts';
import { countMatches, findBodies } from './run-plan.ts';

/** Documents per message: parsing them on the other side takes one or two milliseconds. */
const documentsPerMessage = 200;
/** The pages a day's lists need; the writer's connection has the larger cache. */
const readerCacheKibibytes = 8 * 1024;

if (parentPort !== null) serve(parentPort);

function serve(port: NonNullable<typeof parentPort>): void {
  const start = v.parse(ReaderStartSchema, workerData);
  let connection: Connection | undefined;
  const unsentById = new Map<number, readonly ReaderAnswer[]>();
  const sendNext = (id: number, answers: readonly ReaderAnswer[]) => {
    const [next, ...rest] = answers;
    if (rest.length > 0) unsentById.set(id, rest);
    else unsentById.delete(id);
    if (next !== undefined) port.postMessage(next);
  };
  port.on('message', (message: unknown) => {
    const request = v.parse(ReaderRequestSchema, message);
    if (request.kind === 'close') {
      connection?.close();
      start.key.fill(0);
      clearMemory();
      port.close();
      return;
    }
    if (request.kind === 'more') {
      sendNext(request.id, unsentById.get(request.id) ?? []);
      return;
    }
    try {
      connection ??= Connection.open({ ...start, readonly: true, cacheKibibytes: readerCacheKibibytes });
      sendNext(request.id, answersTo(connection, request));
    } catch (error) {
      port.postMessage(failureAnswer(request.id, asReplicaFailure(error)));
    }
  });
}

/** All pieces of an answer. They leave one by one, so that the other side's event loop gets its turns between them. */
function answersTo(
  connection: Connection,
  request: Extract<ReaderRequest, { kind: 'find' | 'count' }>,
): readonly ReaderAnswer[] {
  return consistently(connection, () => {
    if (request.kind === 'count') {
      return [{ kind: 'count', id: request.id, count: countMatches(connection, request.plan) }];
    }
    const bodies = findBodies(connection, request.plan);
    const answers: ReaderAnswer[] = [];
    for (let start = 0; start < bodies.length; start += documentsPerMessage) {
      const json = `[${bodies.slice(start, start + documentsPerMessage).join(',')}]`;
      answers.push({ kind: 'documents', id: request.id, json });
    }
    return [...answers, { kind: 'documents-end', id: request.id }];
  });
}

/** One read transaction: all statements of a query see the same state. */
function consistently<Value>(connection: Connection, read: () => Value): Value {
  connection.execute('BEGIN');
  try {
    return read();
  } finally {
    connection.execute('ROLLBACK');
  }
}

function failureAnswer(id: number, error: unknown): ReaderAnswer {
  const code = error instanceof ReplicaFailure ? error.error.code : '';
  return { kind: 'failure', id, code, message: error instanceof Error ? error.name : 'unknown' };
}
