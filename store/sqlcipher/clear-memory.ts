import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';

/** 512 KiB of the about 980 that V8 uses of a thread's stack; calls of the database reach some ten KiB down. */
const overwrittenWords = 64 * 1024;

/** V8's own; the last resort also gives emptied pages of the heap back to the system. */
type CollectGarbage = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;
const CollectGarbageSchema = v.custom<CollectGarbage>((found) => typeof found === 'function');

/**
 * Clears this thread of what a database that was closed left there of its key (STO-19): the stack is overwritten and the garbage of
 * the heap collected. To be called with few calls around it, and before a thread ends: its heap's pages go to other threads as they
 * are. Blocks: some milliseconds in a thread of its own, up to a third of a second in the workstation.
 */
export function clearMemory(): void {
  overwriteStack();
  garbageCollector()?.({ type: 'major', flavor: 'last-resort' });
}

/**
 * For every page SQLCipher unfolds its key on the stack, the key itself first, and leaves it there. Arguments of a call are laid on the
 * stack one by one.
 */
function overwriteStack(): void {
  Reflect.apply(nothing, undefined, new Array<number>(overwrittenWords).fill(0));
}

function nothing(): void {}

/** Undefined where the program around V8 hides it: nobody's records stay shut, or under an old key, for want of it. */
function garbageCollector(): CollectGarbage | undefined {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  return v.is(CollectGarbageSchema, found) ? found : undefined;
}
