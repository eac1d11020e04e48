import { element } from './elements.js';
import { say, writeMoment } from './writing.js';

/** @import { Overview, Received } from './center-link.js' */
/** @import { Language, Word } from './words.js' */

/** @type {readonly Word[]} */
const columns = ['time', 'kind', 'record', 'revision', 'facility', 'workstation'];

/**
 * Shows the newest received records. Rows that were not there before are marked as they come in.
 * @param {HTMLElement} parent
 * @param {Overview} overview
 * @param {Language} language
 * @param {Set<string>} seen keys of the rows shown so far; empty before the first time
 */
export function showReceived(parent, overview, language, seen) {
  if (overview.received.length === 0) {
    parent.replaceChildren(element('p', { class: 'empty' }, say(language, 'noReceived')));
    return;
  }
  const head = columns.map((word) => element('th', { scope: 'col' }, say(language, word)));
  const rows = overview.received.map((row) => receivedRow(row, overview, language, isNew(row, seen)));
  parent.replaceChildren(
    element(
      'div',
      { class: 'scroll' },
      element(
        'table',
        { class: 'received' },
        element('thead', {}, element('tr', {}, ...head)),
        element('tbody', {}, ...rows),
      ),
    ),
  );
}

const markedMs = 4_000;
/** @type {Map<string, number>} */
const firstSeenAt = new Map();

/**
 * @param {Received} row
 * @param {Set<string>} seen
 */
function isNew(row, seen) {
  const key = `${row.scope} ${row.seq}`;
  if (!seen.has(key)) {
    seen.add(key);
    firstSeenAt.set(key, performance.now());
  }
  return performance.now() - (firstSeenAt.get(key) ?? 0) < markedMs;
}

/**
 * @param {Received} row
 * @param {Overview} overview
 * @param {Language} language
 * @param {boolean} isFresh
 */
function receivedRow(row, overview, language, isFresh) {
  const facility = overview.facilities.find(({ scope }) => scope === row.scope);
  const device = facility?.devices.find(({ id }) => id === row.device);
  return element(
    'tr',
    {
      class: isFresh ? 'fresh' : '',
      'data-collection': row.collection,
      'data-record': row.id,
      'data-rev': row.rev,
    },
    element('td', {}, writeMoment(row.at, overview.at)),
    element('td', {}, element('span', { class: `kind ${row.collection}` }, say(language, row.collection))),
    element('td', { class: 'id' }, row.id.slice(-8)),
    element('td', { class: 'id' }, row.rev.slice(0, row.rev.indexOf('-') + 7)),
    element('td', {}, facility?.names[language] ?? row.scope),
    element('td', {}, device?.label ?? '–'),
  );
}
