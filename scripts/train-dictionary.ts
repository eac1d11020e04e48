/**
 * Makes a packing dictionary from synthetic messages (docs/specs/packing.md PCK-5): the same file every time.
 *
 *   npm run train-dictionary -- --out <file> [--bytes 49152] [--patients 600]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { maxDictionaryBytes } from '#sync/packing/dictionaries.ts';
import { chooseSegments } from './dictionary/choose-segments.ts';
import { sampleMessages } from './dictionary/sample-messages.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    bytes: { type: 'string', default: '49152' },
    patients: { type: 'string', default: '600' },
  },
});
const whole = (max: number) =>
  v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(100), v.maxValue(max));
const options = v.safeParse(
  v.object({ out: v.string(), bytes: whole(maxDictionaryBytes), patients: whole(5000) }),
  values,
);
if (options.success) {
  const { out, bytes, patients } = options.output;
  const segments = chooseSegments(sampleMessages(patients), bytes);
  writeFileSync(out, `${segments.join('\n')}\n`);
  process.stdout.write(
    `${segments.length} messages, ${Buffer.byteLength(segments.join('\n')) + 1} bytes: ${out}\n`,
  );
} else {
  process.stderr.write(
    'usage: npm run train-dictionary -- --out <file> [--bytes <at most 65536>] [--patients <n>]\n',
  );
  process.exitCode = 2;
}
