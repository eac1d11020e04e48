import * as v from 'valibot';
import { ScopeSchema } from '#contracts/ids.ts';

/** What the center's process says to the start. */
export const CenterSaysSchema = v.variant('type', [
  /** It serves. `url` is for workstations, `pageUrl` for people; its token is new with every start. */
  v.object({ type: v.literal('ready'), url: v.string(), pageUrl: v.string(), seeded: v.number() }),
  /** It cannot start; `reason` is for the person at the terminal. */
  v.object({ type: v.literal('failed'), reason: v.string() }),
  v.object({ type: v.literal('code'), code: v.string() }),
]);
export type CenterSays = v.InferOutput<typeof CenterSaysSchema>;

/** What the start says to the center's process. */
export const CenterHearsSchema = v.variant('type', [
  v.object({ type: v.literal('make-code'), scope: ScopeSchema }),
  v.object({ type: v.literal('close') }),
]);

/** Command line of the center's process, as one argument of JSON. */
export const CenterOrderSchema = v.object({
  dataFolder: v.string(),
  port: v.number(),
  postgresUrl: v.optional(v.string()),
  patients: v.number(),
});
export type CenterOrder = v.InferOutput<typeof CenterOrderSchema>;
