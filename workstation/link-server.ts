import * as v from 'valibot';
import type { Link } from '#contracts/bridge/link.ts';
import {
  bridgeVersion,
  maxOpenRequests,
  type ScreenMessage,
  ScreenMessageSchema,
  type WorkstationMessage,
} from '#contracts/bridge/messages.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { expectedFailure } from './expected-failure.ts';
import { createOpenViews, type OpenViews } from './open-views.ts';
import { answerRequest } from './request-answering.ts';
import type { Workstation } from './workstation.ts';

/** How a link is served. */
export interface LinkServerOptions {
  /** Checks every answer and snapshot against the contract: in development and tests. */
  readonly checksOutput: boolean;
}

/** Messages without a number to answer to that a screen may send before its link is closed. */
const mostUnreadable = 20;
/** Failures that belong to no request carry this id; screens number theirs from 1 (BRI-4). */
const noRequest = 0;

/**
 * Serves one screen over one link until it closes (docs/specs/bridge.md). The link is trusted already: hosts check who is
 * at the other end. Returns a function that ends it.
 */
export function serveLink(link: Link, workstation: Workstation, options: LinkServerOptions): () => void {
  const openRequests = new Set<number>();
  let unreadable = 0;
  let isOpen = true;

  const send = (message: WorkstationMessage): void => {
    if (isOpen) link.send(message);
  };
  const views: OpenViews = createOpenViews(workstation, send, options);

  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    views.closeAll();
    link.close();
  };

  const failWith = (id: number, error: AppError): void => send({ type: 'failure', id, error });

  const hearRequest = async ({ id, name, input }: Extract<ScreenMessage, { type: 'request' }>) => {
    if (openRequests.has(id)) return failWith(id, appError('bridge.invalid-input', { paths: ['id'] }));
    if (openRequests.size >= maxOpenRequests) return failWith(id, appError('bridge.busy'));
    openRequests.add(id);
    try {
      const answer = await answerRequest(workstation, name, input, options);
      if (answer.ok) send({ type: 'answer', id, value: answer.value });
      else failWith(id, answer.error);
    } finally {
      openRequests.delete(id);
    }
  };

  const hear = (message: ScreenMessage): void => {
    switch (message.type) {
      case 'hello':
        if (message.bridge === bridgeVersion) send({ type: 'welcome', bridge: bridgeVersion });
        else failWith(noRequest, appError('bridge.unknown-message', { bridge: bridgeVersion }));
        break;
      case 'request':
        hearRequest(message).catch((error) => workstation.parts.log.incident(error));
        break;
      case 'open':
        views.open(message).catch((error) => workstation.parts.log.incident(error));
        break;
      case 'seen':
        views.seen(message.id, message.seq);
        break;
      case 'close':
        views.close(message.id);
        break;
    }
  };

  const receive = (raw: unknown): void => {
    if (!isOpen) return;
    const parsed = v.safeParse(ScreenMessageSchema, raw);
    if (parsed.success) {
      hear(parsed.output);
      return;
    }
    failWith(idOf(raw), unreadableError(raw));
    unreadable += 1;
    if (unreadable > mostUnreadable) end();
  };

  link.onClose(() => end());
  link.onMessage((raw) => {
    try {
      receive(raw);
    } catch (error) {
      failWith(idOf(raw), expectedFailure(workstation, error));
    }
  });
  return end;
}

const IdSchema = v.object({ id: v.pipe(v.number(), v.integer(), v.minValue(0)) });
const TypeSchema = v.object({ type: v.picklist(['hello', 'request', 'open', 'seen', 'close']) });

const idOf = (raw: unknown): number => {
  const parsed = v.safeParse(IdSchema, raw);
  return parsed.success ? parsed.output.id : noRequest;
};

/** A message of a known type with wrong members is bad input; any other is of another build. */
const unreadableError = (raw: unknown): AppError =>
  v.is(TypeSchema, raw) ? appError('bridge.invalid-input') : appError('bridge.unknown-message');
