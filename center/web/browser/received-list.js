import { element } from './elements.js';
import { say, writeMoment } from './writing.js';

/** @import { Overview, Received } from './center-link.js' */
/** @import { Language, Word } from './words.js' */

/** @type {readonly Word[]} */
const columns = ['time', 'kind', 'record', 'revision', 'facility', 'workstation'];

const markedMs = 4_000;

/**
 * When each of the rows shown was first seen, by its place in the feed; undefined before the first time.
 * @type {ReadonlyMap<string, number> | undefined}
 */
let firstSeenAt;

/**
 * Shows the newest received records. Rows that came since the page was opened are marked for some seconds.
 * @param {HTMLElement} parent
 * @param {Overview} overview
 * @param {Language} language
 */
export function showReceived(parent, overview, language) {
  const names = overview.facilities.map(({ names, devices }) => [names, devices.map(({ label }) => label)]);
  const content = JSON.stringify([language, overview.received, names]);
  if (parent.dataset.content === content) return;
  parent.dataset.content = content;
  noteNew(overview.received);
  if (overview.received.length === 0) {
    parent.replaceChildren(element('p', { class: 'empty' }, say(language, 'noReceived')));
    return;
  }
  const head = columns.map((word) => element('th', { scope: 'col' }, say(language, word)));
  const rows = overview.received.map((row) => receivedRow(row, overview, language));
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

/** @param {Received} row */
const keyOf = (row) => `${row.scope} ${row.seq}`;

/** @param {readonly Received[]} rows */
function noteNew(rows) {
  const before = firstSeenAt;
  const unseen = before === undefined ? Number.NEGATIVE_INFINITY : performance.now();
  firstSeenAt = new Map(rows.map((row) => [keyOf(row), before?.get(keyOf(row)) ?? unseen]));
}

/** @param {Received} row */
const isFresh = (row) => performance.now() - (firstSeenAt?.get(keyOf(row)) ?? 0) < markedMs;

/**
 * @param {Received} row
 * @param {Overview} overview
 * @param {Language} language
 */
function receivedRow(row, overview, language) {
  const facility = overview.facilities.find(({ scope }) => scope === row.scope);
  const device = facility?.devices.find(({ id }) => id === row.device);
  return element(
    'tr',
    {
      class: isFresh(row) ? 'fresh' : '',
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
