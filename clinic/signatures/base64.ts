const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes as base64 with padding (RFC 4648, section 4). This room has neither Node nor a browser to do it. */
export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    const shown = Math.min(3, bytes.length - at) + 1;
    for (let digit = 0; digit < 4; digit += 1) {
      text += digit < shown ? (digits[(group >> (18 - 6 * digit)) & 63] ?? '') : '=';
    }
  }
  return text;
}

/** Bytes as lower-case hex. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
