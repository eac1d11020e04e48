import * as v from 'valibot';
import { BirthDateSchema, PinflSchema } from '../records/patients.ts';

/** Printable text of a card or code; control characters may be part of it (GS1 separates with U+001D). */
const scannedText = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

const dayText = v.pipe(v.string(), v.isoDate());

/** What an identity document's machine readable zone says, each field under a check digit that was right. */
export const ScannedDocumentSchema = v.object({
  /** `AC1234567` on documents of Uzbekistan. */
  number: scannedText(20),
  /** Three letters as on the document, `UZB`. */
  issuer: v.pipe(v.string(), v.regex(/^[A-Z]{1,3}$/)),
  /** In Latin capitals as on the document; not checked by any digit. */
  family: v.pipe(v.string(), v.maxLength(40)),
  given: v.pipe(v.string(), v.maxLength(40)),
  /** Null where the document leaves it open. */
  sex: v.nullable(v.picklist(['female', 'male'])),
  /** As far as the document knows it. */
  birthDate: BirthDateSchema,
  expires: dayText,
});
export type ScannedDocument = v.InferOutput<typeof ScannedDocumentSchema>;

/**
 * What was held to a reader or scanner, understood as far as possible (docs/specs/devices.md). It names somebody or something
 * and proves nothing: a card never unlocks (ACC-8), and a patient is confirmed by two identifiers whatever was scanned.
 */
export const ScanSchema = v.variant('kind', [
  /** A patient by PINFL. `document` when it came from an identity document that agrees with it. */
  v.object({
    kind: v.literal('patient'),
    pinfl: PinflSchema,
    document: v.optional(ScannedDocumentSchema),
  }),
  /** An identity document without a PINFL that fits it; of a bare number there is nothing but the number. */
  v.object({
    kind: v.literal('identity-document'),
    number: scannedText(20),
    document: v.optional(ScannedDocumentSchema),
  }),
  /** 14 digits that are no PINFL. */
  v.object({ kind: v.literal('health-card'), number: v.pipe(v.string(), v.regex(/^\d{14}$/)) }),
  /** A card that a card reader read. Whose it is stands in the records: staff as a rule. */
  v.object({ kind: v.literal('staff-card'), number: scannedText(128) }),
  /** A package of medicine or goods. `expires` is a day; of a month without a day, its last one (GS1). */
  v.object({
    kind: v.literal('medicine'),
    gtin: v.pipe(v.string(), v.regex(/^\d{14}$/)),
    lot: v.optional(scannedText(20)),
    expires: v.optional(dayText),
    serial: v.optional(scannedText(20)),
    /** It carries the verification code of the national marking. Nothing here can check that code. */
    isMarked: v.boolean(),
  }),
  /** Nothing that is known: on the lock screen it may still be a badge with a number of the clinic's own. */
  v.object({ kind: v.literal('unknown'), text: scannedText(2048) }),
]);
export type Scan = v.InferOutput<typeof ScanSchema>;
