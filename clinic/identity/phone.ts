/**
 * Turns what was typed into `+998` and nine digits, or undefined if it is no Uzbek number. Accepts the country code with
 * or without `+` or `00`, the old trunk `8`, and blanks, dashes, dots or brackets between digits.
 */
export function normalizePhone(text: string): string | undefined {
  if (/[^\d\s()+.-]/.test(text)) return undefined;
  const digits = text.replace(/\D/g, '').replace(/^00/, '');
  if (digits.length === 9) return `+998${digits}`;
  if (digits.length === 10 && digits.startsWith('8')) return `+998${digits.slice(1)}`;
  if (digits.length === 12 && digits.startsWith('998')) return `+${digits}`;
  return undefined;
}

/** `+998901234567` as `+998 90 123 45 67`; anything else as it is. */
export function formatPhone(phone: string): string {
  const match = /^\+998(\d\d)(\d{3})(\d\d)(\d\d)$/.exec(phone);
  return match === null ? phone : `+998 ${match.slice(1).join(' ')}`;
}
