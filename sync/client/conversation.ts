import type { Timers } from '#clinic/ports/clock.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import type { RecordTexts } from '../merge/parse-apart.ts';
import type { Transport, WireMessage } from '../transports/transport.ts';
import { type HeardMessage, readCenterMessage } from './center-message.ts';
import { type MessagePacking, PackingEnd, type Unpacked } from './message-packing.ts';
import { misunderstood, SessionEnd } from './session-end.ts';

export type MessageOf<Type extends CenterMessage['type']> = Extract<CenterMessage, { readonly type: Type }>;
/** What the center may say without being asked. */
export type Unasked = MessageOf<'hint' | 'durable' | 'portion'>;
type Answer = Exclude<CenterMessage, Unasked | MessageOf<'refused'>>;

/** JSON text, as it is or in UTF-8. */
type MessageText = string | Uint8Array;

interface Question {
  answer(message: Answer): void;
  fail(end: SessionEnd): void;
}

/** Most questions open at once: every offer under way is one. */
const maxQuestions = 1000;
/** Most messages one inventory may come in. */
const maxInventoryMessages = 100;

export interface ConversationListener {
  /** `bytes`: length of the message unpacked; `texts`: of the records of a portion, if it came packed. */
  readonly unasked: (message: Unasked, bytes: number, texts?: RecordTexts) => void;
  readonly ended: () => void;
}

/**
 * Questions and answers over one transport, several at a time, each with a limit (LNK-3). Whatever ends the connection
 * rejects the open questions and every later one with a `SessionEnd`.
 */
export class Conversation {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #listen: ConversationListener;
  readonly #packing: MessagePacking | undefined;
  /** Open questions by what their answer is known by. */
  readonly #questions = new Map<string, Question>();
  #requests = 0;
  #end: SessionEnd | undefined;

  /** Without `packing` everything travels as text. */
  constructor(transport: Transport, timers: Timers, listen: ConversationListener, packing?: MessagePacking) {
    this.#transport = transport;
    this.#timers = timers;
    this.#listen = listen;
    this.#packing = packing;
    transport.onClose(() => this.end(new SessionEnd({ kind: 'lost' })));
    transport.onMessage((message) => this.#receive(message));
  }

  /** Throws what ended the connection, if it has ended. */
  throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** A number no other request of this connection has. */
  nextRequest(): number {
    this.#requests += 1;
    return this.#requests;
  }

  /** Sends a message that has no answer. */
  tell(message: ClientMessage): void {
    this.#send(JSON.stringify(message));
  }

  /** Sends a question; resolves with its answer, which must be of one of `types`. */
  ask<Type extends Answer['type']>(
    message: ClientMessage,
    types: readonly Type[],
    waitMs: number,
  ): Promise<MessageOf<Type>> {
    return this.#ask(keyOfQuestion(message), JSON.stringify(message), types, waitMs);
  }

  /** Asks about offer `batch`; `utf8` is the whole message as JSON text, of which nothing is kept. */
  offer(batch: number, utf8: Uint8Array, waitMs: number): Promise<MessageOf<'outcomes'>> {
    return this.#ask(keyOfBatch(batch), utf8, ['outcomes'], waitMs);
  }

  /** Asks for an inventory; resolves with all its messages. */
  askInventory(
    message: Extract<ClientMessage, { readonly type: 'list' }>,
    waitMs: number,
  ): Promise<readonly MessageOf<'inventory'>[]> {
    const answers: MessageOf<'inventory'>[] = [];
    return new Promise((resolve, reject) => {
      this.#open(keyOfQuestion(message), JSON.stringify(message), waitMs, reject, (answer, done) => {
        if (answer.type !== 'inventory' || answers.length >= maxInventoryMessages) {
          done();
          this.end(misunderstood(`${answer.type} instead of inventory`), reject);
          return;
        }
        answers.push(answer);
        if (!answer.isLast) return;
        done();
        resolve(answers);
      });
    });
  }

  /** Ends the connection; the first reason counts. */
  end(end: SessionEnd, alsoTell?: (end: SessionEnd) => void): void {
    if (this.#end === undefined) {
      this.#end = end;
      for (const question of [...this.#questions.values()]) question.fail(end);
      this.#transport.close();
      this.#listen.ended();
    }
    alsoTell?.(this.#end);
  }

  #ask<Type extends Answer['type']>(
    key: string,
    text: MessageText,
    types: readonly Type[],
    waitMs: number,
  ): Promise<MessageOf<Type>> {
    return new Promise((resolve, reject) => {
      this.#open(key, text, waitMs, reject, (answer, done) => {
        done();
        if (isOneOf(answer, types)) resolve(answer);
        else this.end(misunderstood(`${answer.type} instead of ${types.join()}`), reject);
      });
    });
  }

  #send(text: MessageText): void {
    this.#transport.send(this.#packing?.pack(text) ?? textOf(text));
  }

  #open(
    key: string,
    text: MessageText,
    waitMs: number,
    reject: (end: unknown) => void,
    answer: (message: Answer, done: () => void) => void,
  ): void {
    if (this.#end !== undefined) {
      reject(this.#end);
      return;
    }
    if (this.#questions.has(key) || this.#questions.size >= maxQuestions) {
      throw new Error(`a question is open: ${key}`);
    }
    const cancel = this.#timers.after(waitMs, () => this.end(new SessionEnd({ kind: 'lost' })));
    const done = () => {
      cancel();
      this.#questions.delete(key);
    };
    const fail = (end: SessionEnd) => {
      done();
      reject(end);
    };
    this.#questions.set(key, { answer: (received) => answer(received, done), fail });
    this.#send(text);
  }

  #receive(received: WireMessage): void {
    if (this.#end !== undefined) return;
    try {
      const heard = readCenterMessage(this.#unpacked(received));
      // Before the next message is looked at: everything after the welcome is packed (PCK-1).
      if (heard.message.type === 'welcome') this.#packing?.begin(heard.message);
      this.#accept(heard);
    } catch (error) {
      if (error instanceof PackingEnd) this.end(misunderstood('packing'));
      else if (error instanceof SessionEnd) this.end(error);
      else throw error;
    }
  }

  #unpacked(received: WireMessage): Unpacked {
    if (this.#packing !== undefined) return this.#packing.unpackWhole(received);
    if (typeof received !== 'string') throw misunderstood('bytes instead of text');
    return { text: received };
  }

  #accept({ message, length, texts }: HeardMessage): void {
    switch (message.type) {
      case 'hint':
      case 'durable':
      case 'portion':
        this.#listen.unasked(message, length, texts);
        return;
      case 'refused':
        throw refusal(message);
      default: {
        const question = this.#questions.get(keyOfAnswer(message));
        if (question === undefined) throw misunderstood(`${message.type} without question`);
        question.answer(message);
      }
    }
  }
}

const textOf = (text: MessageText): string =>
  typeof text === 'string' ? text : Buffer.from(text).toString('utf8');

const keyOfBatch = (batch: number): string => `batch ${batch}`;

function keyOfQuestion(message: ClientMessage): string {
  switch (message.type) {
    case 'offer':
      return keyOfBatch(message.batch);
    case 'fetch':
    case 'digest':
    case 'list':
      return `request ${message.request}`;
    default:
      return 'handshake';
  }
}

function keyOfAnswer(message: Answer): string {
  switch (message.type) {
    case 'verdicts':
    case 'outcomes':
      return keyOfBatch(message.batch);
    case 'fetched':
    case 'digests':
    case 'inventory':
      return `request ${message.request}`;
    default:
      return 'handshake';
  }
}

function isOneOf<Type extends Answer['type']>(
  message: Answer,
  types: readonly Type[],
): message is Answer & MessageOf<Type> {
  return types.some((type) => type === message.type);
}

function refusal(message: MessageOf<'refused'>): SessionEnd {
  return new SessionEnd({
    kind: 'refused',
    code: message.code,
    mayHelpToRepeat: message.retry,
    ...(message.protocol === undefined ? {} : { detail: { theirs: message.protocol } }),
  });
}
