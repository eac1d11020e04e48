import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CenterWorld, startWorld } from './center-world.ts';
import { facilityA, patientRow } from './test-records.ts';
import { connect, refusalOf } from './wire-client.ts';

let world: CenterWorld;
const url = () => world.center.url;

beforeAll(async () => {
  world = await startWorld({ limits: { handshakeMs: 1_500, failedEnrolmentsPerMinute: 1_000 } });
});
afterAll(async () => {
  await world?.close();
});

describe('WEB: the page', () => {
  const pageUrl = () => new URL(world.center.pageUrl);
  const token = () => new URLSearchParams(pageUrl().hash.slice(1)).get('token') ?? '';

  async function session(): Promise<string> {
    const headers = { authorization: `Bearer ${token()}` };
    const answer = await fetch(new URL('/api/session', pageUrl()), { method: 'POST', headers });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'session' in body ? String(body.session) : '';
  }

  const post = (path: string, authorization: string, body: unknown) =>
    fetch(new URL(path, pageUrl()), {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify(body),
    });

  it('PAGE-1: gives nothing without the token, and a session for it', async () => {
    for (const authorization of ['', 'Bearer ', 'Bearer x', `Bearer ${token()}`]) {
      expect((await post('/api/enrolment-codes', authorization, { scope: facilityA })).status).toBe(401);
    }
    const code = await post('/api/enrolment-codes', `Bearer ${await session()}`, { scope: facilityA });
    expect(await code.json()).toMatchObject({ code: expect.stringMatching(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/) });
  });

  it('PAGE-2: answers to its own name only, with a strict policy', async () => {
    const answer = await fetch(pageUrl());
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('set-cookie')).toBeNull();
    const status = await new Promise((resolve, reject) => {
      const { port } = pageUrl();
      const asked = httpRequest(
        { port, host: '127.0.0.1', headers: { host: 'evil.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.on('error', reject).end();
    });
    expect(status).toBe(421);
  });

  it('PAGE-3: shows every received record live, and no name of a patient', async () => {
    const client = await connect(url(), await world.enrol());
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${await session()}` };
    const stream = await fetch(new URL('/api/live', pageUrl()), { headers, signal: abort.signal });
    const row = patientRow(facilityA, 'Maxfiyxonova');
    await client.push([row]);
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.includes(row.id) && text.includes(row.rev)) break;
    }
    abort.abort();
    expect(text).toContain(facilityA);
    expect(text).not.toContain('Maxfiyxonova');
    await client.close();
  });

  it('revokes', async () => {
    const identity = await world.enrol();
    const authorization = `Bearer ${await session()}`;
    expect((await post('/api/revocations', authorization, { device: identity.device })).status).toBe(204);
    expect((await post('/api/revocations', authorization, { device: identity.device })).status).toBe(404);
    expect((await post('/api/revocations', authorization, { device: 'x' })).status).toBe(400);
    expect(await refusalOf(url(), identity)).toBe('sync.device-revoked');
  });
});
