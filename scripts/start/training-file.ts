import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { RoleSchema } from '#contracts/roles.ts';

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** Somebody who can sign in on the training workstation. */
const TrainingPersonSchema = v.object({
  post: v.picklist(['administrator', 'nurse', 'doctor']),
  name: v.object({ family: v.string(), given: v.string(), patronymic: v.string() }),
  roles: v.tupleWithRest([RoleSchema], RoleSchema),
  passphrase: v.string(),
});
export type TrainingPerson = v.InferOutput<typeof TrainingPersonSchema>;

/** A further computer that this start opened. */
const TrainingComputerSchema = v.object({
  /** The browser keeps drafts by address, so that it should stay. */
  port,
  /** The administrator first. */
  people: v.tupleWithRest([TrainingPersonSchema], TrainingPersonSchema),
  /** Everybody listed can sign in. Written after the fact, so that a start that was cut off is completed. */
  isEnrolled: v.boolean(),
  paperKey: v.optional(v.string()),
});
export type TrainingComputer = v.InferOutput<typeof TrainingComputerSchema>;

const trainingPurpose = 'training only: synthetic people, passphrases in the clear';

/** What one start leaves for the next. Synthetic people only: the passphrases lie here in the clear. */
const TrainingFileSchema = v.object({
  purpose: v.literal(trainingPurpose),
  /** The workstation looks for the center here, so that it has to stay. */
  centerPort: port,
  /** The browser keeps drafts by address, so that it should stay. */
  workstationPort: port,
  /** The administrator first. */
  people: v.tupleWithRest([TrainingPersonSchema], TrainingPersonSchema),
  /** Everybody listed can sign in. Written after the fact, so that a start that was cut off is completed. */
  isEnrolled: v.boolean(),
  /** Opens the workstation when nobody can. Missing where an earlier version enrolled it. */
  paperKey: v.optional(v.string()),
  /** The computer of another facility, and the second one of this; once they were asked for. */
  neighbour: v.optional(TrainingComputerSchema),
  second: v.optional(TrainingComputerSchema),
});
type WholeTrainingFile = v.InferOutput<typeof TrainingFileSchema>;
export type TrainingFile = Omit<WholeTrainingFile, 'purpose'>;

const pathIn = (dataFolder: string): string => join(dataFolder, 'training.json');

/** What an earlier start left, or undefined. Throws where the file is there and not readable. */
export async function readTrainingFile(dataFolder: string): Promise<TrainingFile | undefined> {
  const text = await readFile(pathIn(dataFolder), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : v.parse(TrainingFileSchema, JSON.parse(text));
}

/** Durable before it returns: without it nobody could sign in to what is enrolled afterwards. */
export async function writeTrainingFile(dataFolder: string, content: TrainingFile): Promise<void> {
  const path = pathIn(dataFolder);
  const whole: WholeTrainingFile = { purpose: trainingPurpose, ...content };
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(whole, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
