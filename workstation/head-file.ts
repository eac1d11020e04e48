import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, replaceDurably } from '#access/durable-file.ts';
import { type AuditHead, AuditHeadSchema } from '#contracts/wire/client-messages.ts';
import { layoutOf } from './folder-layout.ts';

const pathIn = (dataFolder: string): string => join(layoutOf(dataFolder).current, 'audit-kept.json');

/** The head of the trail that the center was last known to keep. A file that cannot be read says nothing: the center knows it too. */
export async function readHeadFile(dataFolder: string): Promise<AuditHead | null> {
  try {
    const text = await readIfThere(pathIn(dataFolder), 1_000);
    return text === undefined ? null : v.parse(AuditHeadSchema, JSON.parse(text));
  } catch {
    return null;
  }
}

/** Replaces it durably. Rejects with the system's error. */
export const writeHeadFile = (dataFolder: string, head: AuditHead): Promise<void> =>
  replaceDurably(pathIn(dataFolder), JSON.stringify(head));
