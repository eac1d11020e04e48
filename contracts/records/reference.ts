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
  /** Data of the center for programs, not for people. Used only if the signature is the center's (docs/specs/packing.md). */
  v.object({
    kind: v.literal('pack'),
    /** What it is for. */
    pack: v.picklist(['packing-dictionary']),
    version: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
    /** Base64. */
    content: v.pipe(v.string(), v.maxLength(200_000), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64')),
    /** Ed25519 by the center's key over `pack`, LF, `version`, LF, lower-case hex SHA-256 of the content; base64. */
    signature: v.pipe(v.string(), v.maxLength(88)),
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
