import { readFile } from 'node:fs/promises';
import type { Random } from '../ports.ts';
import type { ClusterPlace } from './cluster-place.ts';
import { replaceFile } from './lasting-files.ts';

/**
 * The password of a cluster, made at first. It lasts over a power cut before the cluster is made with it: there is no other way in
 * (docs/specs/center.md POS-6).
 */
export async function keepPassword(place: ClusterPlace, random: Random): Promise<string> {
  const kept = await readFile(place.passwordFile, 'utf8').catch(() => undefined);
  if (kept !== undefined && /^[0-9a-f]{48}$/.test(kept)) return kept;
  const password = Buffer.from(random.bytes(24)).toString('hex');
  await replaceFile(place.passwordFile, password);
  return password;
}
