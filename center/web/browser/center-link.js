/**
 * @typedef {{ id: string, label: string, program: string, state: 'enrolled' | 'revoked' | 'cloned' | 'wipeOrdered' | 'wiped', enrolledAt: number,
 *   lastContactAt: number | null, backlog: number | null, oldestPendingAt: number | null, quarantined: number | null,
 *   openReviews: number | null, clockErrorMs: number | null, healed: number | null, rolledBackAt: number | null }} Device
 * @typedef {{ scope: string, names: Readonly<Record<string, string>>, isTraining: boolean, head: number,
 *   received: number, receivedToday: number, quarantined: number, devices: readonly Device[] }} Facility
 * @typedef {{ scope: string, seq: number, collection: 'patients' | 'visits' | 'staff' | 'reference' | 'reviews',
 *   id: string, rev: string, device: string, at: number }} Received
 * @typedef {{ at: number, facilities: readonly Facility[], received: readonly Received[] }} Overview
 * @typedef {{ overview: (overview: Overview) => void, live: (isLive: boolean) => void, refused: () => void }} Told
 */

const sessionKey = 'hamshira center session';
const longestPauseMs = 10_000;
/** The center gives a sign of life every 15 seconds. */
const silenceMs = 40_000;

/**
 * Exchanges the token of the address for a session, which lives as long as the tab, and takes the token out of the
 * address and its history. Null if neither token nor session is there or right.
 * @returns {Promise<string | null>}
 */
export async function openSession() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return sessionStorage.getItem(sessionKey);
  history.replaceState(null, '', location.pathname);
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) return null;
  const { session } = await answer.json();
  sessionStorage.setItem(sessionKey, session);
  return session;
}

/**
 * Follows the center until the page goes; connects again with growing pauses.
 * @param {string} session
 * @param {Told} told
 */
export async function follow(session, told) {
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const outcome = await readStream(session, told, () => {
      pauseMs = 500;
    });
    if (outcome === 'refused') {
      sessionStorage.removeItem(sessionKey);
      return told.refused();
    }
    told.live(false);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * @param {string} session
 * @param {Told} told
 * @param {() => void} began
 * @returns {Promise<'ended' | 'refused'>}
 */
async function readStream(session, told, began) {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), silenceMs);
  try {
    const headers = { authorization: `Bearer ${session}` };
    const answer = await fetch('/api/live', { headers, signal: abort.signal });
    if (answer.status === 401) return 'refused';
    if (!answer.ok || answer.body === null) return 'ended';
    began();
    told.live(true);
    let rest = '';
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 'ended';
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), silenceMs);
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line);
        if (message.kind === 'overview') told.overview(message.overview);
      }
    }
  } catch {
    return 'ended';
  } finally {
    clearTimeout(watchdog);
  }
}

/**
 * Asks the center to do something; null if it did not.
 * @param {string} session
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
async function ask(session, path, body) {
  try {
    const headers = { authorization: `Bearer ${session}`, 'content-type': 'application/json' };
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) return null;
    return answer.status === 204 ? {} : await answer.json();
  } catch {
    return null;
  }
}

/**
 * @typedef {{ scope: string, id: string, kind: 'conflict' | 'possible-duplicate', collection: string,
 *   fields: readonly string[], since: number }} ReviewListed
 * @typedef {{ reviews: readonly ReviewListed[], more: number }} ReviewList
 * @typedef {{ id: string, at: number, by: string, choice: string, reason?: string }} Decision
 * @typedef {{ field: string, base?: string, mine?: string, theirs?: string, present: string | null }} FieldShown
 * @typedef {{ id: string, name: { family: string, given: string, patronymic?: string }, sex: 'female' | 'male',
 *   birth: { date: string, approximate?: boolean }, pinfl: string | null, phone: string | null,
 *   address: { mahalla?: string, line?: string } | null, allergyStatus: string, allergies: readonly string[],
 *   visits: number }} PatientShown
 * @typedef {{ scope: string, id: string, kind: 'conflict' | 'possible-duplicate', isOpen: boolean,
 *   fields: readonly FieldShown[], mineBy: string | null, theirsBy: string | null, mineAt: number | null,
 *   theirsAt: number | null, subjectRev: string | null, visitDay: string | null,
 *   patient: { name: PatientShown['name'], birth: PatientShown['birth'] } | null, pair: readonly PatientShown[],
 *   counting: Decision | null, passedOver: readonly Decision[], people: Readonly<Record<string, string>>,
 *   linkedNames: Readonly<Record<string, string>> }} ReviewShown
 */

/**
 * The open questions of all facilities; null if they could not be had.
 * @param {string} session
 * @returns {Promise<ReviewList | null>}
 */
export const loadReviews = async (session) => (await ask(session, '/api/reviews', {})) ?? null;

/**
 * One question with its values; null if it could not be had.
 * @param {string} session
 * @param {{ scope: string, id: string }} named
 * @returns {Promise<ReviewShown | null>}
 */
export const loadReview = async (session, { scope, id }) =>
  (await ask(session, '/api/review', { scope, id }))?.review ?? null;

/**
 * Settles a question; what went wrong, or null.
 * @param {string} session
 * @param {object} order
 * @returns {Promise<string | null>}
 */
export async function settleReview(session, order) {
  const answer = await ask(session, '/api/settlements', order);
  return answer === null ? 'internal.failure' : answer.code;
}

/**
 * A new enrolment code; null if it could not be made.
 * @param {string} session
 * @param {string} scope
 * @returns {Promise<{ code: string, expiresAt: number } | null>}
 */
export const makeCode = (session, scope) => ask(session, '/api/enrolment-codes', { scope });

/**
 * Revokes a workstation; false if it could not be done.
 * @param {string} session
 * @param {string} device
 * @returns {Promise<boolean>}
 */
export const revokeDevice = async (session, device) =>
  (await ask(session, '/api/revocations', { device })) !== null;

/**
 * Has a workstation erase its records; false if it could not be ordered.
 * @param {string} session
 * @param {string} device
 * @returns {Promise<boolean>}
 */
export const wipeDevice = async (session, device) => (await ask(session, '/api/wipes', { device })) !== null;
