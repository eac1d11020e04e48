import { button, element, fill } from './elements.js';
import { say, writeCount, writeHealed, writeMoment, writeSpan } from './writing.js';

/** @import { Device, Facility, Overview } from './center-link.js' */
/** @import { Language, Word } from './words.js' */
/**
 * @typedef {{ newCode: (facility: Facility) => void, revoke: (device: Device) => void,
 *   wipe: (device: Device) => void }} Actions
 */

const contactMs = 90_000;
/** From here a wrong clock is worth a look. */
const clockErrorMs = 120_000;

/**
 * Shows the facilities; only cards whose content changed are made anew.
 * @param {HTMLElement} parent
 * @param {Overview} overview
 * @param {Language} language
 * @param {Actions} actions
 */
export function showFacilities(parent, overview, language, actions) {
  const cards = new Map([...parent.querySelectorAll('article')].map((card) => [card.dataset.scope, card]));
  const shown = overview.facilities.map((facility) => {
    const card =
      cards.get(facility.scope) ?? element('article', { class: 'card', 'data-scope': facility.scope });
    const contacts = facility.devices.map((device) => isInContact(device, overview.at));
    const content = JSON.stringify([language, facility, contacts, Math.floor(overview.at / 3_600_000)]);
    if (card.dataset.content !== content) {
      card.dataset.content = content;
      fill(card, cardOf(facility, overview.at, language, actions));
    }
    return card;
  });
  const empty = element('p', { class: 'empty' }, say(language, 'noFacilities'));
  const children = shown.length === 0 ? [empty] : shown;
  if (
    children.length !== parent.children.length ||
    children.some((child, index) => parent.children[index] !== child)
  ) {
    parent.replaceChildren(...children);
  }
}

/**
 * @param {Device} device
 * @param {number} now
 */
const isInContact = (device, now) =>
  device.state === 'enrolled' && device.lastContactAt !== null && now - device.lastContactAt < contactMs;

/**
 * @param {Facility} facility
 * @param {number} now
 * @param {Language} language
 * @param {Actions} actions
 * @returns {readonly Node[]}
 */
function cardOf(facility, now, language, actions) {
  const reviews = Math.max(0, ...facility.devices.map((device) => device.openReviews ?? 0));
  const name = facility.names[language] ?? facility.scope;
  const badge = facility.isTraining ? [element('span', { class: 'badge' }, say(language, 'training'))] : [];
  return [
    element(
      'header',
      { class: 'card-head' },
      element(
        'div',
        {},
        element('h3', {}, name),
        element('p', { class: 'code' }, facility.scope, ' ', ...badge),
      ),
      button('button', `code ${facility.scope}`, say(language, 'newCode'), () => actions.newCode(facility)),
    ),
    element(
      'dl',
      { class: 'figures' },
      ...figure(language, 'receivedToday', facility.receivedToday, 'plain'),
      ...figure(language, 'receivedTotal', facility.received, 'plain'),
      ...figure(language, 'quarantined', facility.quarantined, 'attention'),
      ...figure(language, 'openReviews', reviews, 'attention'),
    ),
    facility.devices.length === 0
      ? element('p', { class: 'empty' }, say(language, 'noWorkstations'))
      : deviceTable(facility, now, language, actions),
  ];
}

/**
 * @param {Language} language
 * @param {Word} word
 * @param {number} value
 * @param {'plain' | 'attention'} weight
 */
function figure(language, word, value, weight) {
  const className = weight === 'attention' && value > 0 ? 'figure attention' : 'figure';
  return [
    element(
      'div',
      { class: className, 'data-figure': word },
      element('dt', {}, say(language, word)),
      element('dd', {}, writeCount(language, value)),
    ),
  ];
}

/**
 * @param {Facility} facility
 * @param {number} now
 * @param {Language} language
 * @param {Actions} actions
 */
function deviceTable(facility, now, language, actions) {
  /** @type {readonly Word[]} */
  const columns = ['workstation', 'lastContact', 'backlog', 'oldestUnsent', 'clockError'];
  const head = columns.map((word) => element('th', { scope: 'col' }, say(language, word)));
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head)),
      element(
        'tbody',
        {},
        ...facility.devices.flatMap((device) => [
          deviceRow(device, now, language),
          ...actionsRow(device, language, actions, columns.length),
        ]),
      ),
    ),
  );
}

/**
 * @param {Device} device
 * @param {number} now
 * @param {Language} language
 */
function deviceRow(device, now, language) {
  const never = say(language, 'never');
  const contact = device.lastContactAt === null ? never : writeMoment(device.lastContactAt, now);
  const oldest = device.oldestPendingAt === null ? '–' : writeMoment(device.oldestPendingAt, now);
  const clock = device.clockErrorMs ?? 0;
  return element(
    'tr',
    { 'data-device': device.id, 'data-state': device.state },
    // The commands of the center ask for the id.
    element(
      'th',
      { scope: 'row', title: device.id },
      device.label,
      ' ',
      stateOf(device, now, language),
      ...rollbackOf(device, language),
      ...healedOf(device, language),
    ),
    element('td', {}, contact),
    element('td', { class: 'number' }, device.backlog === null ? '–' : writeCount(language, device.backlog)),
    element('td', {}, oldest),
    element(
      'td',
      { class: Math.abs(clock) > clockErrorMs ? 'number attention' : 'number' },
      device.clockErrorMs === null ? '–' : writeSpan(language, clock),
    ),
  );
}

/**
 * Entries are gone from the workstation's audit trail, or others are in their place: said as long as it is enrolled.
 * @param {Device} device
 * @param {Language} language
 * @returns {readonly Node[]}
 */
function rollbackOf(device, language) {
  if (device.rolledBackAt === null) return [];
  return [
    document.createTextNode(' '),
    element('span', { class: 'state attention', 'data-rolled-back': '' }, say(language, 'rolledBack')),
  ];
}

/**
 * Records that were found different from the center's and put right, where there are some (DIG-6).
 * @param {Device} device
 * @param {Language} language
 * @returns {readonly Node[]}
 */
function healedOf(device, language) {
  const healed = writeHealed(language, device.healed);
  if (healed === null) return [];
  return [
    document.createTextNode(' '),
    element('span', { class: 'state', 'data-healed': String(device.healed) }, healed),
  ];
}

/**
 * What can be done about a workstation stands below it, and erasing stands apart at the other end: it cannot be undone. It remains
 * possible where a workstation was revoked: that is when it is stolen.
 * @param {Device} device
 * @param {Language} language
 * @param {Actions} actions
 * @param {number} width columns of the table
 * @returns {readonly Node[]}
 */
function actionsRow(device, language, actions, width) {
  if (device.state === 'wiped' || device.state === 'wipeOrdered') return [];
  const revoke = button('button quiet', `revoke ${device.id}`, say(language, 'revoke'), () =>
    actions.revoke(device),
  );
  const wipe = button('button quiet danger', `wipe ${device.id}`, say(language, 'wipe'), () =>
    actions.wipe(device),
  );
  const buttons = device.state === 'revoked' ? [wipe] : [revoke, wipe];
  const cell = element(
    'td',
    { colspan: String(width) },
    element('div', { class: 'device-actions' }, ...buttons),
  );
  return [element('tr', { class: 'below', 'data-actions-of': device.id }, cell)];
}

/**
 * @param {Device} device
 * @param {number} now
 * @param {Language} language
 */
function stateOf(device, now, language) {
  if (device.state !== 'enrolled')
    return element('span', { class: 'state attention' }, say(language, device.state));
  const isHere = isInContact(device, now);
  return element(
    'span',
    { class: isHere ? 'state here' : 'state' },
    say(language, isHere ? 'online' : 'offline'),
  );
}
