import { button, element, fill } from './elements.js';
import { tell } from './review-words.js';
import { say, writeCount, writeSpan } from './writing.js';

/** @import { Overview, ReviewList, ReviewListed } from './center-link.js' */
/** @import { Language } from './words.js' */

/**
 * Shows the open questions of all facilities, the oldest first: where, since when, about which fields. No patient.
 * @param {HTMLElement} parent
 * @param {ReviewList} list
 * @param {Overview} overview
 * @param {Language} language
 * @param {(review: ReviewListed) => void} open
 */
export function showReviews(parent, list, overview, language, open) {
  const { reviews, more } = list;
  const content = JSON.stringify([language, list, Math.floor(overview.at / 60_000)]);
  if (parent.dataset.content === content) return;
  parent.dataset.content = content;
  if (reviews.length === 0) {
    fill(parent, [element('p', { class: 'empty' }, say(language, 'noQuestions'))]);
    return;
  }
  const columns = /** @type {const} */ (['facility', 'question', 'fields', 'waiting']);
  const head = columns.map((word) => element('th', { scope: 'col' }, say(language, word)));
  fill(parent, [
    element(
      'div',
      { class: 'scroll' },
      element(
        'table',
        {},
        element('thead', {}, element('tr', {}, ...head, element('td', {}))),
        element('tbody', {}, ...reviews.map((review) => rowOf(review, overview, language, open))),
      ),
    ),
    ...(more === 0
      ? []
      : [
          element(
            'p',
            { class: 'empty', id: 'more-reviews' },
            `${say(language, 'moreQuestions')} ${writeCount(language, more)}`,
          ),
        ]),
  ]);
}

/**
 * @param {ReviewListed} review
 * @param {Overview} overview
 * @param {Language} language
 * @param {(review: ReviewListed) => void} open
 */
function rowOf(review, overview, language, open) {
  const facility = overview.facilities.find(({ scope }) => scope === review.scope);
  const fields = review.fields.map((field) => tell(language, `field.${field}`)).join(', ');
  const opening = button('button quiet', `review ${review.id}`, say(language, 'open'), () => open(review));
  return element(
    'tr',
    { 'data-review': review.id },
    element('th', { scope: 'row' }, facility?.names[language] ?? review.scope),
    element('td', {}, tell(language, `review.kind-${review.kind}`)),
    element('td', {}, fields === '' ? '–' : fields),
    element('td', {}, writeSpan(language, Math.max(0, overview.at - review.since)).replace('+', '')),
    element('td', { class: 'action' }, opening),
  );
}
