import * as v from 'valibot';
import { ScopeSchema } from '../ids.ts';
import { MahallaCodeSchema } from './patients.ts';
import { filledText, recordType } from './record.ts';

/** What the center tells a facility about itself. Later packs (formulary, schedules, rules) add kinds here. */
export const ReferenceBodySchema = v.variant('kind', [
  v.object({
    kind: v.literal('facility'),
    code: ScopeSchema,
    /** Name by language. */
    name: v.object({
      'uz-Latn': filledText(200),
      'uz-Cyrl': filledText(200),
      ru: filledText(200),
      en: filledText(200),
    }),
    /** National district code. */
    district: v.pipe(v.string(), v.regex(/^\d{7}$/)),
    /** National codes of the mahallas in the catchment. */
    mahallas: v.pipe(v.array(MahallaCodeSchema), v.maxLength(500)),
    /** Synthetic people only: every screen says so. */
    isTraining: v.boolean(),
  }),
]);
export type ReferenceBody = v.InferOutput<typeof ReferenceBodySchema>;

export const reference = recordType({
  collection: 'reference',
  version: 0,
  upgrades: {},
  body: ReferenceBodySchema,
  lane: 3,
  merge: { kind: 'center-decides' },
  indexed: [],
  indexes: [['capturedAt']],
});
