import * as v from 'valibot';
import type { Timers } from '#clinic/ports/clock.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { parseCenterMessage } from '#sync/client/center-message.ts';
import { misunderstood, SessionEnd } from '#sync/client/session-end.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';
import { CenterMessageOneSchema } from '../../sync/wire-fixtures/version-1/center-messages.ts';

type MessageOf<Type extends CenterMessage['type']> = Extract<CenterMessage, { readonly type: Type }>;
/** What a center says to version 1 without being asked. */
export type OldUnasked = MessageOf<'hint' | 'durable'>;
type AnswerType = 'challenge' | 'welcome' | 'verdicts' | 'frame';

interface Question {
  readonly type: AnswerType;
  readonly resolve: (message: CenterMessage) => void;
  readonly reject: (end: unknown) => void;
  readonly cancel: () => void;
}

/** Version 1: text alone, one question at a time, each with a limit. */
export class OldConversation {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #unasked: (message: OldUnasked) => void;
  readonly #ended: () => void;
  #question: Question | undefined;
  #end: SessionEnd | undefined;

  constructor(
    transport: Transport,
    timers: Timers,
    listen: { readonly unasked: (message: OldUnasked) => void; readonly ended: () => void },
  ) {
    this.#transport = transport;
    this.#timers = timers;
    this.#unasked = listen.unasked;
    this.#ended = listen.ended;
    transport.onClose(() => this.end(new SessionEnd({ kind: 'lost' })));
    transport.onMessage((message) => this.#receive(message));
  }

  throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  tell(message: ClientMessage): void {
    this.#transport.send(JSON.stringify(message));
  }

  ask<Type extends AnswerType>(message: ClientMessage, type: Type, waitMs: number): Promise<MessageOf<Type>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      if (this.#question !== undefined) throw new Error('version 1 asks one thing at a time');
      const cancel = this.#timers.after(waitMs, () => this.end(new SessionEnd({ kind: 'lost' })));
      const answered = (answer: CenterMessage) => {
        if (isOf(answer, type)) resolve(answer);
      };
      this.#question = { type, resolve: answered, reject, cancel };
      this.tell(message);
    });
  }

  /** The first reason counts. */
  end(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#take()?.reject(end);
    this.#transport.close();
    this.#ended();
  }

  #take(): Question | undefined {
    const question = this.#question;
    this.#question = undefined;
    question?.cancel();
    return question;
  }

  #receive(received: WireMessage): void {
    if (this.#end !== undefined) return;
    try {
      this.#accept(parseOld(received));
    } catch (error) {
      if (!(error instanceof SessionEnd)) throw error;
      this.end(error);
    }
  }

  #accept(message: CenterMessage): void {
    if (message.type === 'hint' || message.type === 'durable') {
      this.#unasked(message);
      return;
    }
    if (message.type === 'refused') {
      const { code, retry } = message;
      throw new SessionEnd({ kind: 'refused', code, mayHelpToRepeat: retry });
    }
    if (message.type !== this.#question?.type) throw misunderstood(`${message.type} without question`);
    this.#take()?.resolve(message);
  }
}

/** Anything a version 1 program would not have understood is a defect of the center: it ends the run. */
function parseOld(received: WireMessage): CenterMessage {
  if (typeof received !== 'string') throw new Error('the center packed a message for version 1');
  const message = parseCenterMessage(received);
  const issue = v.safeParse(CenterMessageOneSchema, JSON.parse(received)).issues?.[0];
  if (issue !== undefined) {
    throw new Error(`the center says ${message.type} as version 1 does not know it: ${v.getDotPath(issue)}`);
  }
  return message;
}

const isOf = <Type extends CenterMessage['type']>(
  message: CenterMessage,
  type: Type,
): message is MessageOf<Type> => message.type === type;
