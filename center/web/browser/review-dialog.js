import { markDifferences } from './difference.js';
import { element } from './elements.js';
import { writeAddress, writeBirth, writeName, writePhone, writePinfl, writeValue } from './review-values.js';
import { tell } from './review-words.js';
import { writeMoment } from './writing.js';

/** @import { PatientShown, ReviewShown } from './center-link.js' */
/** @import { Language } from './words.js' */
/** @typedef {{ choice: string, goesOn?: string, subjectRev?: string, changes?: string }} Settlement */
/** @typedef {{ words: string, caption: string, settlement: Settlement }} Answer */

/**
 * What the dialog of one question shows: the difference side by side, and a form whose answers are radio buttons, so that
 * arrows choose and Enter settles.
 * @param {ReviewShown} review
 * @param {Language} language
 * @param {number} now
 * @param {(settlement: Settlement) => void} settle
 * @returns {readonly Node[]}
 */
export function reviewContent(review, language, now, settle) {
  const isChanged = review.kind === 'conflict' && hasChanged(review, language);
  const who =
    review.patient === null
      ? []
      : [`${writeName(review.patient.name)}, ${writeBirth(language, review.patient.birth)}`];
  const when =
    review.visitDay === null
      ? []
      : [`${tell(language, 'field.day')}: ${writeValue(language, 'day', JSON.stringify(review.visitDay))}`];
  return [
    element('p', { class: 'strong' }, [...who, ...when].join(' · ')),
    ...(isChanged
      ? [element('p', { class: 'changed', role: 'status' }, tell(language, 'review.changed-since'))]
      : []),
    review.kind === 'conflict'
      ? conflictTable(review, language, now, isChanged)
      : pairTable(review.pair, language),
    answerForm(answersOf(review, language, isChanged), language, settle),
  ];
}

/**
 * Whether the record says something that neither side wrote.
 * @param {ReviewShown} review
 * @param {Language} language
 */
const hasChanged = (review, language) =>
  review.subjectRev !== null &&
  review.fields.some(({ field, mine, theirs, present }) => {
    const told = writeValue(language, field, present, review.linkedNames);
    return ![mine, theirs].some((json) => writeValue(language, field, json, review.linkedNames) === told);
  });

/**
 * @param {ReviewShown} review
 * @param {Language} language
 * @param {number} now
 * @param {boolean} isChanged
 */
function conflictTable(review, language, now, isChanged) {
  /** @type {(name: string | null, at: number | null) => string} */
  const author = (name, at) => [name, at === null ? null : writeMoment(at, now)].filter(Boolean).join(', ');
  /** @type {readonly (readonly [string, string])[]} */
  const columns = [
    ['review.field', ''],
    ['review.before', ''],
    ['review.theirs', author(review.theirsBy, review.theirsAt)],
    ['review.mine', author(review.mineBy, review.mineAt)],
    ...(isChanged ? /** @type {const} */ ([['review.present', '']]) : []),
  ];
  const head = columns.map(([word, by]) =>
    element('th', { scope: 'col' }, tell(language, word), element('span', { class: 'author' }, by)),
  );
  const rows = review.fields.map(({ field, base, mine, theirs, present }) => {
    const [left, right] = [theirs, mine].map((json) => writeValue(language, field, json, review.linkedNames));
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, tell(language, `field.${field}`)),
      element('td', {}, writeValue(language, field, base, review.linkedNames)),
      element('td', {}, ...marked(left ?? '', right ?? '')),
      element('td', {}, ...marked(right ?? '', left ?? '')),
      ...(isChanged ? [element('td', {}, writeValue(language, field, present, review.linkedNames))] : []),
    );
  });
  return tableOf(head, rows);
}

/**
 * @param {readonly Node[]} head
 * @param {readonly Node[]} rows
 */
const tableOf = (head, rows) =>
  element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { class: 'difference' },
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...rows),
    ),
  );

/**
 * The words that the other text lacks are underlined and heavy: colour alone would not tell everybody.
 * @param {string} text
 * @param {string} other
 */
const marked = (text, other) =>
  markDifferences(text, other).map((piece) => element(piece.isDifferent ? 'mark' : 'span', {}, piece.text));

/**
 * @param {readonly PatientShown[]} pair
 * @param {Language} language
 */
function pairTable(pair, language) {
  const [left, right] = pair;
  if (left === undefined || right === undefined)
    return element('p', {}, tell(language, 'error.record.not-found'));
  const head = ['review.field', 'pair.left', 'pair.right', 'pair.agreement'].map((word) =>
    element('th', { scope: 'col' }, tell(language, word)),
  );
  const rows = factsOf(language).map(([label, write, isCompared]) => {
    const [own, other] = [write(left), write(right)];
    const unknown = tell(language, 'field.not-known');
    const isTold = isCompared && own !== null && other !== null;
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, tell(language, label)),
      element('td', {}, ...(isTold ? marked(own, other) : [own ?? unknown])),
      element('td', {}, ...(isTold ? marked(other, own) : [other ?? unknown])),
      element('td', {}, isTold ? tell(language, own === other ? 'pair.same' : 'pair.differs') : ''),
    );
  });
  return tableOf(head, rows);
}

/**
 * @param {Language} language
 * @returns {readonly (readonly [string, (patient: PatientShown) => string | null, boolean])[]}
 */
const factsOf = (language) => [
  ['field.name', ({ name }) => writeName(name), true],
  ['field.birth', ({ birth }) => writeBirth(language, birth), true],
  ['field.sex', ({ sex }) => tell(language, `sex.${sex}`), true],
  ['field.pinfl', ({ pinfl }) => pinfl && writePinfl(pinfl), true],
  ['field.phone', ({ phone }) => phone && writePhone(phone), true],
  ['field.address', ({ address }) => address && writeAddress(language, address), true],
  [
    'field.allergies',
    ({ allergies, allergyStatus }) =>
      allergies.length > 0 ? allergies.join(', ') : tell(language, `allergy.${allergyStatus}`),
    true,
  ],
  ['pair.visits', ({ visits }) => String(visits), false],
];

/**
 * @param {ReviewShown} review
 * @param {Language} language
 * @param {boolean} isChanged
 * @returns {readonly Answer[]}
 */
function answersOf(review, language, isChanged) {
  if (review.kind === 'conflict') {
    const seen = review.subjectRev === null ? {} : { subjectRev: review.subjectRev };
    return ['theirs', 'mine', ...(isChanged ? ['present'] : [])].map((choice) => ({
      words: tell(language, `review.choice-${choice}`),
      caption: '',
      settlement: { choice, ...seen },
    }));
  }
  const same = review.pair.map((patient, at) => ({
    words: tell(language, at === 0 ? 'pair.same-left' : 'pair.same-right'),
    caption: tell(language, 'pair.same-follows'),
    settlement: { choice: 'same', goesOn: patient.id },
  }));
  const different = {
    words: tell(language, 'review.choice-different'),
    caption: tell(language, 'pair.different-follows'),
    settlement: { choice: 'different' },
  };
  return [...same, different];
}

/**
 * @param {readonly Answer[]} answers
 * @param {Language} language
 * @param {(settlement: Settlement) => void} settle
 */
function answerForm(answers, language, settle) {
  const submit = element('button', { type: 'submit', class: 'button' }, tell(language, 'review.settle'));
  submit.disabled = true;
  const radios = answers.map((_, at) =>
    element('input', { type: 'radio', name: 'answer', id: `answer-${at}` }),
  );
  const labels = answers.map(({ words, caption }, at) =>
    element(
      'label',
      { class: 'answer' },
      radios[at] ?? '',
      element('span', {}, element('strong', {}, words), element('span', { class: 'author' }, caption)),
    ),
  );
  const form = element(
    'form',
    { class: 'answers' },
    element('fieldset', {}, element('legend', {}, tell(language, 'review.answer')), ...labels),
    submit,
  );
  form.addEventListener('change', () => {
    submit.disabled = false;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = answers[radios.findIndex((radio) => radio.checked)];
    if (chosen !== undefined) settle(chosen.settlement);
  });
  return form;
}
