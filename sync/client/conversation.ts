import type { Timers } from '#clinic/ports/clock.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import type { Transport } from '../transports/transport.ts';
import { parseCenterMessage } from './center-message.ts';
import { misunderstood, SessionEnd } from './session-end.ts';

type MessageOf<Type extends CenterMessage['type']> = Extract<CenterMessage, { readonly type: Type }>;
/** What the center may say without being asked. */
export type Unasked = MessageOf<'hint' | 'durable'>;

interface Question {
  answer(message: CenterMessage): void;
  fail(end: SessionEnd): void;
}

/**
 * Question and answer over one transport: one question at a time, each with a limit. Whatever ends the connection rejects
 * the open question and every later one with a `SessionEnd`.
 */
export class Conversation {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #unasked: (message: Unasked) => void;
  readonly #onEnd: () => void;
  #question: Question | undefined;
  #end: SessionEnd | undefined;

  constructor(
    transport: Transport,
    timers: Timers,
    listen: { readonly unasked: (message: Unasked) => void; readonly ended: () => void },
  ) {
    this.#transport = transport;
    this.#timers = timers;
    this.#unasked = listen.unasked;
    this.#onEnd = listen.ended;
    transport.onClose(() => this.end(new SessionEnd({ kind: 'lost' })));
    transport.onMessage((text) => this.#receive(text));
  }

  /** Throws what ended the connection, if it has ended. */
  throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** Sends a message that has no answer. */
  tell(message: ClientMessage): void {
    this.#transport.send(JSON.stringify(message));
  }

  /** Sends a question; resolves with the answer of the type asked for. */
  ask<Type extends CenterMessage['type']>(
    message: ClientMessage,
    type: Type,
    waitMs: number,
  ): Promise<MessageOf<Type>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      if (this.#question !== undefined) throw new Error('one question at a time');
      const cancel = this.#timers.after(waitMs, () => this.end(new SessionEnd({ kind: 'lost' })));
      const done = () => {
        cancel();
        this.#question = undefined;
      };
      this.#question = {
        answer: (answer) => {
          done();
          if (isOfType(answer, type)) resolve(answer);
          else this.end(misunderstood(`${answer.type} instead of ${type}`), reject);
        },
        fail: (end) => {
          done();
          reject(end);
        },
      };
      this.tell(message);
    });
  }

  /** Ends the connection; the first reason counts. */
  end(end: SessionEnd, alsoTell?: (end: SessionEnd) => void): void {
    if (this.#end === undefined) {
      this.#end = end;
      this.#question?.fail(end);
      this.#transport.close();
      this.#onEnd();
    }
    alsoTell?.(this.#end);
  }

  #receive(text: string): void {
    if (this.#end !== undefined) return;
    try {
      this.#accept(parseCenterMessage(text));
    } catch (error) {
      if (!(error instanceof SessionEnd)) throw error;
      this.end(error);
    }
  }

  #accept(message: CenterMessage): void {
    if (message.type === 'hint' || message.type === 'durable') this.#unasked(message);
    else if (message.type === 'refused') throw refusal(message);
    else if (this.#question === undefined) throw misunderstood(`${message.type} without question`);
    else this.#question.answer(message);
  }
}

function isOfType<Type extends CenterMessage['type']>(
  message: CenterMessage,
  type: Type,
): message is MessageOf<Type> {
  return message.type === type;
}

function refusal(message: MessageOf<'refused'>): SessionEnd {
  return new SessionEnd({
    kind: 'refused',
    code: message.code,
    mayHelpToRepeat: message.retry,
    ...(message.protocol === undefined ? {} : { detail: { theirs: message.protocol } }),
  });
}
