import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { describeFailure } from '../describe-failure.ts';
import type { EnrolmentDesk } from '../enrolment.ts';
import type { Log } from '../ports.ts';
import type { ReviewDesk } from '../reviews/review-desk.ts';
import type { PageAccess } from './access.ts';
import type { LiveOverview } from './live-overview.ts';
import type { PageFile } from './page-files.ts';
import { answerReviews } from './review-answers.ts';

/** What the page is served from. */
export interface PageParts {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly access: PageAccess;
  readonly live: LiveOverview;
  readonly desk: EnrolmentDesk;
  readonly reviews: ReviewDesk;
  /** False if there is no such device to revoke. */
  readonly revoke: (device: v.InferOutput<typeof DeviceIdSchema>) => Promise<boolean>;
  /** False if there is no such device to erase. */
  readonly wipe: (device: v.InferOutput<typeof DeviceIdSchema>) => Promise<boolean>;
  /** The values of `Host` that the page answers to, so that no foreign name can be pointed at it. */
  readonly hosts: ReadonlySet<string>;
  readonly log: Log;
}

const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const maxBodyBytes = 10_000;

/** Answers HTTP requests for the center's page (docs/specs/center.md, WEB). */
export function createPageServer(
  parts: PageParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(request, response, parts).catch((error: unknown) => {
      parts.log(`The page met a failure: ${describeFailure(error)}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: PageParts): Promise<void> {
  if (!parts.hosts.has(request.headers.host ?? '')) return plain(response, 421);
  const path = request.url?.split('?')[0] ?? '';
  const file = parts.files.get(path);
  if (file !== undefined) {
    if (request.method !== 'GET') return plain(response, 405);
    return void response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
  }
  if (!path.startsWith('/api/')) return plain(response, 404);
  await answerApi(path, request, response, parts);
}

async function answerApi(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  parts: PageParts,
): Promise<void> {
  const { authorization } = request.headers;
  if (path === '/api/session' && request.method === 'POST') {
    const session = parts.access.exchange(authorization);
    return session === undefined ? plain(response, 401) : json(response, 200, { session });
  }
  if (!parts.access.isSession(authorization)) return plain(response, 401);
  if (path === '/api/live' && request.method === 'GET') return parts.live.attach(response);
  if (request.method !== 'POST') return plain(response, 405);
  const body = await readBody(request);
  if (path === '/api/enrolment-codes') return await makeCode(body, response, parts);
  if (path === '/api/revocations') return await onDevice(parts.revoke, body, response);
  if (path === '/api/wipes') return await onDevice(parts.wipe, body, response);
  const answered = await answerReviews(path, body, parts);
  if (answered !== undefined) return json(response, answered.status, answered.value);
  plain(response, 404);
}

async function makeCode(body: unknown, response: ServerResponse, parts: PageParts): Promise<void> {
  const request = v.safeParse(v.strictObject({ scope: ScopeSchema }), body);
  if (!request.success) return plain(response, 400);
  const code = await parts.desk.createCode(request.output.scope);
  return code.ok ? json(response, 200, code.value) : json(response, 404, { code: code.error.code });
}

async function onDevice(act: PageParts['revoke'], body: unknown, response: ServerResponse): Promise<void> {
  const request = v.safeParse(v.strictObject({ device: DeviceIdSchema }), body);
  if (!request.success) return plain(response, 400);
  plain(response, (await act(request.output.device)) ? 204 : 404);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBodyBytes) return undefined;
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

const plain = (response: ServerResponse, status: number) => void response.writeHead(status).end();

const json = (response: ServerResponse, status: number, value: unknown) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
