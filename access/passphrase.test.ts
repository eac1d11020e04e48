import { expect, test } from 'vitest';
import { checkPassphrase, passphraseBytes } from './passphrase.ts';

const owner = { family: 'Karimova', given: 'Dilnoza', patronymic: 'Rustamovna' };
const ruleOf = (passphrase: string) => {
  const outcome = checkPassphrase(passphrase, owner);
  return outcome.ok ? 'accepted' : outcome.error.detail?.rule;
};

test.each([
  ['tog olma 7 daryo', 'accepted'],
  ['еттита қора мушук', 'accepted'],
  ['green kettle on roof', 'accepted'],
  ['short one', 'short'],
  ['           x', 'short'],
  ['aaaaaaaaaaaaaaaa', 'pattern'],
  ['abcabcabcabcabc', 'pattern'],
  ['abcdefghijklmnop', 'pattern'],
  ['12345678901234', 'pattern'],
  ['Qwertyuiopasdf', 'common'],
  ['Uzbekistan2026!', 'common'],
  ['correct horse battery staple', 'common'],
  ['hamshira123456', 'common'],
  ['Karimova Dilnoza', 'name'],
  ['dilnoza-karimova-85', 'name'],
])('%s is %s', (passphrase, expected) => {
  expect(ruleOf(passphrase)).toBe(expected);
});

test('a weak passphrase has its documented code', () => {
  const outcome = checkPassphrase('short', owner);
  expect(outcome).toMatchObject({ ok: false, error: { code: 'access.weak-passphrase' } });
});

test('the same passphrase composed differently is the same bytes', () => {
  expect(passphraseBytes('cafe\u0301 bor edi')).toEqual(passphraseBytes('caf\u00e9 bor edi'));
  expect(passphraseBytes('Abc')).not.toEqual(passphraseBytes('abc'));
});
