import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { RoleSchema } from '#contracts/roles.ts';

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** Somebody who can sign in on the training workstation. */
const TrainingPersonSchema = v.object({
  name: v.string(),
  roles: v.pipe(v.array(RoleSchema), v.minLength(1)),
  passphrase: v.string(),
});
export type TrainingPerson = v.InferOutput<typeof TrainingPersonSchema>;

/** What one start leaves for the next. Synthetic people only: the passphrases lie here in the clear. */
const TrainingFileSchema = v.object({
  purpose: v.literal('training only: synthetic people, passphrases in the clear'),
  /** The workstation looks for the center here, so that it has to stay. */
  centerPort: port,
  /** The browser keeps drafts by address, so that it should stay. */
  workstationPort: port,
  people: v.array(TrainingPersonSchema),
});
export type TrainingFile = v.InferOutput<typeof TrainingFileSchema>;

export const trainingPurpose = 'training only: synthetic people, passphrases in the clear';

const pathIn = (dataFolder: string): string => join(dataFolder, 'training.json');

/** What an earlier start left, or undefined. Throws where the file is there and not readable. */
export async function readTrainingFile(dataFolder: string): Promise<TrainingFile | undefined> {
  const text = await readFile(pathIn(dataFolder), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : v.parse(TrainingFileSchema, JSON.parse(text));
}

/** Durable before it returns: without it nobody could sign in to what was enrolled. */
export async function writeTrainingFile(dataFolder: string, content: TrainingFile): Promise<void> {
  const path = pathIn(dataFolder);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
