import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../ports.ts';

/** Who may use the center's page: whoever has the address that the center printed. */
export interface PageAccess {
  /** For the URL's fragment, which browsers never send. */
  readonly token: string;
  /** A session for a right token; undefined for a wrong one. */
  exchange(authorization: string | undefined): string | undefined;
  isSession(authorization: string | undefined): boolean;
}

const maxSessions = 50;

/** Access with a new token. The oldest session ends when there are too many. */
export function createPageAccess(random: Random): PageAccess {
  const secret = () => Buffer.from(random.bytes(32)).toString('base64url');
  const token = secret();
  const sessions: string[] = [];
  return {
    token,
    exchange: (authorization) => {
      if (!isBearer(authorization, token)) return undefined;
      const session = secret();
      sessions.push(session);
      if (sessions.length > maxSessions) sessions.shift();
      return session;
    },
    isSession: (authorization) => sessions.some((session) => isBearer(authorization, session)),
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest();

const isBearer = (authorization: string | undefined, secret: string) =>
  timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${secret}`));
