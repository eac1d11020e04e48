// Prepares the place of a cluster under the tracing library, twice; the password is a mark as soon as a cluster may be made with it.
// Run by cluster-place.test.ts.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { prepareClusterPlace } from '#center/postgres/cluster-place.ts';
import { keepPassword } from '#center/postgres/password.ts';
import { systemEffects } from '#center/system-effects.ts';

const [traced] = process.argv.slice(2);
const { POWER_CUT_MARKS } = process.env;
if (traced === undefined || POWER_CUT_MARKS === undefined)
  throw new Error('run by cluster-place.test.ts only');
const marks = openSync(POWER_CUT_MARKS, 'w');
const effects = systemEffects(() => undefined);

for (let start = 0; start < 2; start += 1) {
  const place = await prepareClusterPlace(join(traced, 'data', 'postgres'), effects.random, effects.log);
  writeSync(marks, await keepPassword(place, effects.random));
}
process.exit(0);
