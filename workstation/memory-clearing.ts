import { setImmediate } from 'node:timers/promises';
import { clearMemory } from '#store/sqlcipher/clear-memory.ts';

/**
 * Clears the memory of this process of what closed records left there (ACC-50): keys on the stack, the strings that a key or a name was
 * in, the native objects that hold keys until somebody collects them. Blocks for up to a third of a second.
 */
export async function clearProcessMemory(): Promise<void> {
  // In a turn of its own: nothing of whoever closed the records is on the stack any more.
  await setImmediate();
  clearMemory();
}
