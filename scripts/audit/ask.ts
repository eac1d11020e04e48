import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';

/** Longest answer that is taken. */
const mostCharacters = 400;

/** Asks the person at the terminal, or takes the lines of a pipe. */
export interface Questions {
  /** Asks for a line that may be seen. */
  ask(question: string): Promise<string>;
  /** Asks for a passphrase without showing it. Rejects when it is given up (Ctrl+C). */
  askHidden(question: string): Promise<string>;
  close(): void;
}

/** Questions go to `output`, answers come from `input`. */
export function openQuestions(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  return isTerminal(input) ? questionsAtTerminal(input, output) : questionsOverPipe(input, output);
}

const isTerminal = (input: NodeJS.ReadableStream): input is ReadStream =>
  'isTTY' in input && input.isTTY === true && 'setRawMode' in input;

/** One reader for all lines: what it read ahead is not lost. */
function questionsOverPipe(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  const reader = createInterface({ input, terminal: false });
  const lines = reader[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    output.write(question);
    const next = await lines.next();
    output.write('\n');
    return next.done === true ? '' : next.value.slice(0, mostCharacters);
  };
  return { ask, askHidden: ask, close: () => reader.close() };
}

/** Every key comes at once and nothing is shown but what this shows; set back whatever happens. */
function questionsAtTerminal(input: ReadStream, output: NodeJS.WritableStream): Questions {
  input.setEncoding('utf8');
  const read = async (question: string, show: (key: string) => void): Promise<string> => {
    output.write(question);
    input.setRawMode(true);
    try {
      return await readKeys(input, show);
    } finally {
      input.setRawMode(false);
      output.write('\n');
    }
  };
  return {
    ask: (question) => read(question, (key) => void output.write(key)),
    askHidden: (question) => read(question, () => undefined),
    close: () => void input.pause(),
  };
}

const [controlC, controlD, backspace, erase] = ['\u0003', '\u0004', '\b', '\u007f'];

function readKeys(input: ReadStream, show: (key: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (finish: () => void) => {
      input.off('data', hear);
      input.pause();
      finish();
    };
    const hear = (data: string | Buffer) => {
      for (const key of data.toString()) {
        if (key === controlC || key === controlD) return end(() => reject(new Error('given up')));
        if (key === '\r' || key === '\n') return end(() => resolve(typed.join('')));
        if (key === backspace || key === erase) typed = typed.slice(0, -1);
        else if (typed.length < mostCharacters) {
          typed.push(key);
          show(key);
        }
      }
    };
    input.on('data', hear);
    input.resume();
  });
}
