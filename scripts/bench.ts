import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { targets } from '#testing/bench/targets.ts';
import { type Figure, judge } from './figures.ts';
import { projectFolder } from './steps.ts';

type Run = (report: (name: string, value: number, unit: string) => void) => Promise<void>;

const folder = join(projectFolder, 'testing', 'bench');
const suffix = '.bench.ts';

const available = (await readdir(folder))
  .filter((name) => name.endsWith(suffix))
  .map((name) => name.slice(0, -suffix.length));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. There are: ${available.join(', ')}`);
  process.exit(2);
}

let areAllMet = true;
for (const name of asked.length > 0 ? asked : available) {
  const figures = await measure(name);
  for (const { line, isMet } of judge(name, figures, targets)) {
    console.log(line);
    areAllMet &&= isMet;
  }
}
process.exit(areAllMet ? 0 : 1);

async function measure(name: string): Promise<readonly Figure[]> {
  const run = runOf(await import(pathToFileURL(join(folder, `${name}${suffix}`)).href), name);
  const figures: Figure[] = [];
  await run((figure, value, unit) => {
    figures.push({ name: figure, value, unit });
    console.log(`figure ${figure} ${Number(value.toPrecision(6))} ${unit}`);
  });
  return figures;
}

function runOf(loaded: unknown, name: string): Run {
  if (typeof loaded === 'object' && loaded !== null && 'run' in loaded && isRun(loaded.run))
    return loaded.run;
  throw new Error(`testing/bench/${name}${suffix} exports no function run`);
}

function isRun(value: unknown): value is Run {
  return typeof value === 'function';
}
