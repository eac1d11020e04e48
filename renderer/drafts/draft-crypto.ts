/** Keys of one person's draft box. None can be read back out of the browser. */
export interface DraftKeys {
  readonly sealing: CryptoKey;
  readonly naming: CryptoKey;
  /** Begins the names of this person's drafts; tells nobody who that is. */
  readonly owner: string;
}

type Cryptography = Pick<Crypto, 'subtle' | 'getRandomValues'>;

const ivLength = 12;
const ownerLength = 16;
const noSalt = new Uint8Array();
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/**
 * Makes the keys from the 32 bytes (base64) that `drafts.key` gave. Sealing and naming have a key each (HKDF-SHA-256),
 * both non-extractable (DRA-2).
 */
export async function importDraftKeys(crypto: Cryptography, base64: string): Promise<DraftKeys> {
  const bytes = fromBase64(base64);
  const root = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
  bytes.fill(0);
  const derive = (purpose: string, algorithm: AesKeyGenParams | HmacImportParams, usages: KeyUsage[]) =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: noSalt, info: encode(`hamshira draft ${purpose}`) },
      root,
      algorithm,
      false,
      usages,
    );
  const sealing = await derive('sealing', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']);
  const naming = await derive('naming', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign']);
  const owner = (await hmacHex(crypto, naming, 'owner')).slice(0, ownerLength);
  return { sealing, naming, owner };
}

/** Name under which the draft about `subject` is kept: it tells neither subject nor person (DRA-3). */
export async function draftId(crypto: Cryptography, keys: DraftKeys, subject: string): Promise<string> {
  return `${keys.owner}-${await hmacHex(crypto, keys.naming, `subject ${subject}`)}`;
}

/** Seals `text` under the name it will be kept by; a sealed draft moved to another name does not open. */
export async function sealDraft(
  crypto: Cryptography,
  keys: DraftKeys,
  id: string,
  text: string,
): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(ivLength));
  const algorithm = { name: 'AES-GCM', iv, additionalData: encode(id) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, keys.sealing, encode(text)));
  const whole = new Uint8Array(ivLength + sealed.length);
  whole.set(iv);
  whole.set(sealed, ivLength);
  return toBase64(whole);
}

/** The text of a sealed draft, or null if it is damaged, another person's or from another name. */
export async function openDraft(
  crypto: Cryptography,
  keys: DraftKeys,
  id: string,
  sealed: string,
): Promise<string | null> {
  try {
    const whole = fromBase64(sealed);
    const algorithm = { name: 'AES-GCM', iv: whole.slice(0, ivLength), additionalData: encode(id) };
    const text = await crypto.subtle.decrypt(algorithm, keys.sealing, whole.slice(ivLength));
    return new TextDecoder().decode(text);
  } catch {
    return null;
  }
}

async function hmacHex(crypto: Cryptography, key: CryptoKey, text: string): Promise<string> {
  const mac = await crypto.subtle.sign('HMAC', key, encode(text));
  return [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

const fromBase64 = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
