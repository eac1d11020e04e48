import { BitCoder } from './bit-coder.ts';
import { MessageModel } from './message-model.ts';

/** Models that learned a dictionary, by dictionary: learning takes milliseconds, a copy some tens of microseconds. */
const learnedModels = new WeakMap<Uint8Array, MessageModel>();

/** A model that has learned the messages of a dictionary, one JSON text per line (PCK-5). */
export function modelOf(dictionary: Uint8Array | null): MessageModel {
  if (dictionary === null) return new MessageModel();
  const known = learnedModels.get(dictionary);
  if (known !== undefined) return known.fork();
  const model = new MessageModel();
  for (const line of Buffer.from(dictionary).toString('utf8').split('\n')) {
    const value = exactValueOf(line);
    if (value !== undefined) model.codeMessage(new BitCoder(null), value);
  }
  learnedModels.set(dictionary, model);
  return model.fork();
}

/**
 * The value of a JSON text that `JSON.stringify` writes exactly so, undefined for any other text: only of these can a model give
 * back the text. Texts with zero characters or halves of characters are left out, which no UTF-8 section holds.
 */
export function exactValueOf(text: string): unknown {
  if (text.includes('\\u0000') || text.includes('\\ud')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    // Not JSON, or nested deeper than the engine writes: it travels as text.
    return undefined;
  }
}
