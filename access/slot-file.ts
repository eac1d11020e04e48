import { join } from 'node:path';
import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { diskFailure } from './disk-failure.ts';
import { keepBackup, readIfThere, replaceDurably } from './durable-file.ts';
import { type SlotFile, SlotFileSchema, slotFileFormat } from './slot-file-format.ts';
import { OldSlotFileSchema } from './slot-file-format-1.ts';
import type { AnySlotFile } from './slot-list.ts';

export const slotFileName = 'slots.json';
/** The version before the present one, readable: what is left when the present one is damaged. */
export const slotBackupName = 'slots.backup.json';

/** A slot file as read. `fromBackup`: the present file could not be read, the one before it could. */
export interface ReadSlotFile {
  readonly file: AnySlotFile;
  readonly fromBackup: boolean;
}

/**
 * Reads `slots.json`, or its backup when it is missing or damaged. Null when neither exists: not enrolled.
 * Fails with `store.damaged` (kept untouched) or `store.newer`.
 */
export async function readSlotFile(folder: string): Promise<Result<ReadSlotFile | null>> {
  const present = await readOne(join(folder, slotFileName));
  if (present.ok && present.value !== null) return ok({ file: present.value, fromBackup: false });
  if (!present.ok && present.error.code === 'store.newer') return present;
  const backup = await readOne(join(folder, slotBackupName));
  if (backup.ok && backup.value !== null) return ok({ file: backup.value, fromBackup: true });
  return present.ok && backup.ok ? ok(null) : fail(damaged());
}

/** Replaces `slots.json`, keeping the version before. Fails with `store.disk-full`; the present file is then unchanged. */
export async function writeSlotFile(folder: string, file: SlotFile): Promise<Result<true>> {
  const path = join(folder, slotFileName);
  try {
    // A damaged present file must not displace a good backup.
    if ((await readOne(path)).ok) await keepBackup(path, join(folder, slotBackupName));
    await replaceDurably(path, `${JSON.stringify(v.parse(SlotFileSchema, file), null, 1)}\n`);
    return ok(true);
  } catch (error) {
    const expected = diskFailure(error);
    if (expected === undefined) throw error;
    return fail(expected);
  }
}

const damaged = (): AppError => appError('store.damaged', { file: slotFileName });

async function readOne(path: string): Promise<Result<AnySlotFile | null>> {
  try {
    const text = await readIfThere(path);
    return text === undefined ? ok(null) : parseSlotFile(text);
  } catch {
    // Unreadable (too long, a failing disk): the same to the caller as unparseable.
    return fail(damaged());
  }
}

const AnySlotFileSchema = v.variant('format', [SlotFileSchema, OldSlotFileSchema]);

function parseSlotFile(text: string): Result<AnySlotFile> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return fail(damaged());
  }
  const format = v.safeParse(v.object({ format: v.pipe(v.number(), v.integer()) }), content);
  if (format.success && format.output.format > slotFileFormat) {
    return fail(appError('store.newer', { file: slotFileName, format: format.output.format }));
  }
  const parsed = v.safeParse(AnySlotFileSchema, content);
  return parsed.success ? ok(parsed.output) : fail(damaged());
}
