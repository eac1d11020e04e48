import type { IncomingMessage } from 'node:http';

/**
 * What a page of the web workstation may do: load its own files, talk to its own address, nothing else. No inline scripts
 * or styles, no frames, no text that becomes markup.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** On every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), payment=(), serial=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * Whether a request names exactly this server, so that another name that resolves to this computer (DNS rebinding) is refused, and
 * comes from its own pages if it says where it comes from.
 */
export function isFromHere(request: IncomingMessage, host: string): boolean {
  const { origin } = request.headers;
  return request.headers.host === host && (origin === undefined || origin === `http://${host}`);
}

/** A WebSocket must say where it comes from, and that must be here: browsers send it, and no page can forge it. */
export const isScreenSocket = (request: IncomingMessage, host: string): boolean =>
  isFromHere(request, host) && request.headers.origin === `http://${host}` && request.url === '/link';
