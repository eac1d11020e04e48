import * as v from 'valibot';

/** Most people and slots of one workstation; bounds what a damaged file can make us do. */
export const mostPeople = 200;
export const mostSlots = 800;

export const uuid = v.pipe(v.string(), v.uuid());

/** As shown on the lock screen. */
export const PersonNameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(250));

/** Exactly so many bytes in base64. */
export const bytesOfLength = (length: number) =>
  v.pipe(
    v.string(),
    v.length(Math.ceil(length / 3) * 4),
    v.base64(),
    v.check((text) => Buffer.from(text, 'base64').length === length, `not ${length} bytes`),
    // Base64 has spare bits at the end: without this a changed character could go unnoticed.
    v.check((text) => Buffer.from(text, 'base64').toString('base64') === text, 'not canonical base64'),
  );

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');
