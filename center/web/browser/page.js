import {
  follow,
  loadReview,
  loadReviews,
  makeCode,
  openSession,
  revokeDevice,
  settleReview,
  wipeDevice,
} from './center-link.js';
import { button, byId, element, fill } from './elements.js';
import { showFacilities } from './facility-list.js';
import { showReceived } from './received-list.js';
import { reviewContent } from './review-dialog.js';
import { showReviews } from './review-list.js';
import { tell } from './review-words.js';
import { languages } from './words.js';
import { say, writeMoment } from './writing.js';

/** @import { Device, Facility, Overview, ReviewList, ReviewListed } from './center-link.js' */
/** @import { Settlement } from './review-dialog.js' */
/** @import { Language } from './words.js' */

const languageKey = 'hamshira center language';

/** What the page shows at this moment. */
const state = {
  language: storedLanguage(),
  isLive: false,
  /** @type {Overview | undefined} */
  overview: undefined,
  /** @type {string | null} */
  session: null,
  isRefused: false,
  /** @type {ReviewList} */
  reviews: { reviews: [], more: 0 },
  reviewsReadAt: 0,
};
/** The list of questions is read with the news, but not with each. */
const reviewPauseMs = 2_000;
const reviews = element('div', { class: 'card', id: 'reviews' });
const facilities = element('div', { class: 'cards' });
const received = element('div', { class: 'card', id: 'received' });

show();
state.session = await openSession();
if (state.session === null) refuse();
else {
  void follow(state.session, {
    overview: (overview) => {
      state.overview = overview;
      show();
      void refreshReviews();
    },
    live: (isLive) => {
      state.isLive = isLive;
      show();
    },
    refused: refuse,
  });
}

/** @returns {Language} */
function storedLanguage() {
  const stored = localStorage.getItem(languageKey);
  return languages.find(([language]) => language === stored)?.[0] ?? 'uz-Latn';
}

function refuse() {
  state.isRefused = true;
  show();
}

function show() {
  const { language, overview } = state;
  document.documentElement.lang = language;
  document.title = `${say(language, 'title')} · Hamshira`;
  fill(byId('top'), topBar());
  const page = byId('page');
  if (state.isRefused) {
    page.replaceChildren(element('p', { class: 'notice', role: 'alert' }, say(language, 'noAccess')));
    return;
  }
  if (overview === undefined) return;
  showFacilities(facilities, overview, language, {
    newCode: showNewCode,
    revoke: askToRevoke,
    wipe: askToWipe,
  });
  showReceived(received, overview, language);
  showReviews(reviews, state.reviews, overview, language, (review) => void openReview(review));
  showSections(page, language);
  page.setAttribute('aria-busy', 'false');
}

/**
 * @param {HTMLElement} page
 * @param {Language} language
 */
function showSections(page, language) {
  if (page.dataset.language === language && page.contains(facilities)) return;
  page.dataset.language = language;
  page.replaceChildren(
    element('section', { class: 'wide' }, element('h2', {}, say(language, 'openQuestions')), reviews),
    element('section', {}, element('h2', {}, say(language, 'facilities')), facilities),
    element('section', {}, element('h2', {}, say(language, 'received')), received),
  );
}

async function refreshReviews() {
  const now = Date.now();
  if (state.session === null || now - state.reviewsReadAt < reviewPauseMs) return;
  state.reviewsReadAt = now;
  const read = await loadReviews(state.session);
  if (read === null) return;
  state.reviews = read;
  show();
}

/** @param {ReviewListed} listed */
async function openReview(listed) {
  const { language, session } = state;
  const review = session === null ? null : await loadReview(session, listed);
  if (review === null) return openDialog(say(language, 'failed'), [], []);
  const now = state.overview?.at ?? 0;
  const title = tell(language, `review.question-${review.kind}`);
  const content = reviewContent(review, language, now, (settlement) => void settle(listed, settlement));
  openDialog(title, content, []);
  byId('dialog').classList.add('with-question');
}

/**
 * @param {ReviewListed} listed
 * @param {Settlement} settlement
 */
async function settle({ scope, id }, settlement) {
  const { language, session } = state;
  if (session === null) return;
  const code = await settleReview(session, { scope, id, ...settlement });
  if (code !== null) return openDialog(tell(language, `error.${code}`), [], []);
  closeDialog();
  state.reviewsReadAt = 0;
  await refreshReviews();
}

/** @returns {readonly Node[]} */
function topBar() {
  const { language, isLive } = state;
  const switches = languages.map(([code, name]) => {
    const choose = button('language', `language ${code}`, name, () => chooseLanguage(code));
    choose.lang = code;
    choose.setAttribute('aria-pressed', String(code === language));
    return choose;
  });
  const line = element(
    'p',
    { class: isLive ? 'line here' : 'line', role: 'status' },
    say(language, isLive ? 'live' : 'reconnecting'),
  );
  return [
    element(
      'div',
      { class: 'brand' },
      element('h1', {}, 'Hamshira ', element('span', {}, say(language, 'title'))),
      element('p', {}, say(language, 'subtitle')),
    ),
    line,
    element(
      'div',
      { class: 'languages', role: 'group', 'aria-label': say(language, 'language') },
      ...switches,
    ),
  ];
}

/** @param {Language} language */
function chooseLanguage(language) {
  state.language = language;
  localStorage.setItem(languageKey, language);
  show();
}

/**
 * Workstations enter where this page came in, too.
 * @param {Pick<Location, 'protocol' | 'host'>} page
 */
const addressForWorkstations = ({ protocol, host }) =>
  `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/sync`;

/** @param {Facility} facility */
async function showNewCode(facility) {
  const { language, session } = state;
  const code = session === null ? null : await makeCode(session, facility.scope);
  if (code === null) return openDialog(say(language, 'failed'), [], []);
  openDialog(
    say(language, 'codeTitle'),
    [
      element('p', { class: 'strong' }, facility.names[language] ?? facility.scope),
      element('output', { class: 'enrolment-code' }, code.code),
      element('p', {}, say(language, 'codeHelp'), ' ', writeMoment(code.expiresAt, 0)),
      element(
        'p',
        {},
        say(language, 'centerAddress'),
        ' ',
        element('strong', {}, addressForWorkstations(location)),
      ),
    ],
    [],
  );
}

/** @param {Device} device */
function askToRevoke(device) {
  const { language } = state;
  const revoke = button('button danger', 'confirm', say(language, 'revoke'), async () => {
    const isDone = state.session !== null && (await revokeDevice(state.session, device.id));
    if (isDone) closeDialog();
    else openDialog(say(language, 'failed'), [], []);
  });
  openDialog(
    say(language, 'revokeTitle'),
    [element('p', { class: 'strong' }, device.label), element('p', {}, say(language, 'revokeHelp'))],
    [revoke],
  );
}

/** @param {Device} device */
function askToWipe(device) {
  const { language } = state;
  const wipe = button('button danger', 'confirm', say(language, 'wipe'), async () => {
    const isDone = state.session !== null && (await wipeDevice(state.session, device.id));
    if (isDone) closeDialog();
    else openDialog(say(language, 'failed'), [], []);
  });
  openDialog(
    say(language, 'wipeTitle'),
    [element('p', { class: 'strong' }, device.label), element('p', {}, say(language, 'wipeHelp'))],
    [wipe],
  );
}

/**
 * @param {string} title
 * @param {readonly Node[]} content
 * @param {readonly Node[]} actions
 */
function openDialog(title, content, actions) {
  const dialog = byId('dialog');
  dialog.classList.remove('with-question');
  const word = say(state.language, actions.length === 0 ? 'close' : 'cancel');
  dialog.replaceChildren(
    element('h2', { id: 'dialog-title' }, title),
    ...content,
    element('div', { class: 'actions' }, button('button', 'close', word, closeDialog), ...actions),
  );
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

function closeDialog() {
  const dialog = byId('dialog');
  if (dialog instanceof HTMLDialogElement) dialog.close();
}
