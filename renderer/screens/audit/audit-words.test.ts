import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type AuditRow, AuditRowSchema } from '#contracts/bridge/audit.ts';
import type { Translate } from '../../wording/words.ts';
import { describeAction, describeActor, describeReason } from './audit-words.ts';

const device = '0190a000-0000-7000-8000-0000000000d1';
const nurse = { id: '0190a000-0000-7000-8000-000000000001', name: 'Yusupova Malika', roles: ['nurse'] };
const around = { device, people: [nurse] };
const t: Translate = (id) => `<${id}>`;

const row = (parts: Record<string, unknown>): AuditRow =>
  v.parse(AuditRowSchema, {
    seq: 1,
    at: Date.UTC(2026, 5, 3, 5, 42),
    personId: nurse.id,
    person: nurse,
    action: 'view.queue',
    collection: null,
    record: null,
    patient: null,
    subject: null,
    reason: null,
    ...parts,
  });

describe('why', () => {
  it('names the second of two people instead of showing an id', () => {
    const reason = (id: string) => describeReason(t, row({ reason: `${id}: Safe is locked: yes` }), around);
    expect(reason(nurse.id)).toBe('Yusupova Malika: Safe is locked: yes');
    expect(reason('0190a000-0000-7000-8000-000000000009')).toBe(
      '<audit.unknown-person>: Safe is locked: yes',
    );
  });

  it('says whose key went, and why', () => {
    const removed = (reason: string | null) =>
      describeReason(t, row({ action: 'keys.remove', subject: nurse, reason }), around);
    expect(removed('lost')).toBe('Yusupova Malika: <remove-key.lost>');
    expect(removed('Left for another clinic')).toBe('Yusupova Malika: Left for another clinic');
    expect(removed(null)).toBe('Yusupova Malika');
  });

  it('says a refusal in words and leaves what people wrote', () => {
    const failed = row({ action: 'session.unlock-failed', reason: 'access.wrong-passphrase' });
    expect(describeReason(t, failed, around)).toBe('<error.access.wrong-passphrase>');
    expect(describeReason(t, row({ reason: 'Ergasheva: no key' }), around)).toBe('Ergasheva: no key');
    expect(describeReason(t, row({}), around)).toBeNull();
  });

  it('does not give a signing key as a reason', () => {
    const made = row({ action: 'keys.signing', reason: 'a68e05d43387ff2e' });
    expect(describeReason(t, made, around)).toBeNull();
  });
});

describe('who', () => {
  it('tells the paper key, this computer and strangers apart', () => {
    const actor = (parts: Record<string, unknown>) => describeActor(t, row(parts), around);
    expect(actor({})).toBe('Yusupova Malika');
    expect(actor({ person: null, personId: device })).toBe('<paper-key.label>');
    expect(actor({ person: null, personId: null })).toBe('<audit.computer>');
    expect(actor({ person: null })).toBe('<audit.unknown-person>');
  });
});

describe('what', () => {
  it('shows an action of another program as it is written', () => {
    expect(describeAction(t, 'keys.paper')).toBe('<audit-action.keys.paper>');
    expect(describeAction(t, 'keys.melt')).toBe('keys.melt');
  });
});
