import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { commonPassphrases } from './common-passphrases.ts';

/** Shortest passphrase that may wrap the data key. It faces an attacker who holds the disk (docs/specs/access.md ACC-5). */
export const shortestPassphrase = 12;
/** Fewest different characters: `aaaaaaaaaaaa` is long and worth nothing. */
const fewestDifferentCharacters = 5;

/** The name of the person a passphrase is for. */
export interface PassphraseOwner {
  readonly family: string;
  readonly given: string;
  readonly patronymic?: string | undefined;
}

/**
 * Refuses passphrases that are guessed first: short ones, well known ones (also with digits around them), repeated
 * patterns, and little more than the person's own name. `detail.rule` names the rule that was broken.
 */
export function checkPassphrase(passphrase: string, owner: PassphraseOwner): Result<true> {
  const broken = brokenRule(normalise(passphrase), owner);
  return broken === undefined ? ok(true) : fail(weak(broken));
}

/**
 * The bytes that go into Argon2id. NFKC, so that the same passphrase typed on another keyboard or system is the same
 * bytes; never trimmed or lower-cased, every character the person chose counts.
 */
export const passphraseBytes = (passphrase: string): Uint8Array =>
  new TextEncoder().encode(passphrase.normalize('NFKC'));

type Rule = 'short' | 'common' | 'pattern' | 'name';

const weak = (rule: Rule): AppError =>
  appError('access.weak-passphrase', { rule, atLeast: shortestPassphrase });

function brokenRule(passphrase: string, owner: PassphraseOwner): Rule | undefined {
  if ([...passphrase].length < shortestPassphrase) return 'short';
  if (isPattern(passphrase)) return 'pattern';
  if (isCommon(passphrase)) return 'common';
  if (isMostlyName(passphrase, owner)) return 'name';
  return undefined;
}

const normalise = (text: string): string => text.normalize('NFKC').toLowerCase().trim();
const lettersOnly = (text: string): string => text.replace(/[^\p{L}]/gu, '');

/** Few different characters, one piece said over and over, or a run along the alphabet or the digits. */
function isPattern(passphrase: string): boolean {
  if (new Set(passphrase).size < fewestDifferentCharacters) return true;
  if (/^(.{1,6}?)\1+.{0,5}$/u.test(passphrase)) return true;
  const codes = [...passphrase].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => Math.abs(code - (codes[index] ?? 0)));
  return steps.filter((step) => step === 1).length >= steps.length * 0.75;
}

/** A well known one, alone or with digits and signs around it. */
function isCommon(passphrase: string): boolean {
  const compact = passphrase.replace(/\s+/g, '');
  const bare = compact.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return commonPassphrases.has(compact) || commonPassphrases.has(bare);
}

/** What is left after taking the owner's names away is shorter than half of the least length. */
function isMostlyName(passphrase: string, owner: PassphraseOwner): boolean {
  const names = [owner.family, owner.given, owner.patronymic ?? '']
    .map((name) => lettersOnly(normalise(name)))
    .filter((name) => name.length >= 3)
    .sort((left, right) => right.length - left.length);
  const letters = passphrase.replace(/[\s'’ʻʼ`‘-]/gu, '');
  const rest = names.reduce((text, name) => text.replaceAll(name, ''), letters);
  return rest !== letters && lettersOnly(rest).length < shortestPassphrase / 2;
}
