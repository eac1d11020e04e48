import { afterEach, beforeEach } from 'vitest';

/**
 * Makes the tests of a file steps, each of which stands on the one before: once one failed, the others fail without being tried,
 * and `atFailure` is shown: what the program printed until then.
 */
export function stepsInOrder(atFailure: () => string | Promise<string>): void {
  let hasFailed = false;
  beforeEach(() => {
    if (hasFailed) throw new Error('an earlier step failed');
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || hasFailed) return;
    hasFailed = true;
    console.error(await atFailure());
  });
}
