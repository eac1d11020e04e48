import { answerReferral, askAccess, askMove, cancelRequest, referPatient } from '#clinic/actions/requests.ts';
import { deriveRequest } from '#clinic/requests/request-state.ts';
import type { RecordId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { act } from '#workstation/acting.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import type { Deed, FreshValues } from './clinic-acts.ts';

/** Something that leads beyond one facility (docs/specs/sync.md SHR), at whichever of the two the person is. */
export function share(
  patient: RecordId,
  scopes: readonly Scope[],
  fresh: FreshValues,
  random: SeededRandom,
): Deed {
  const roll = random.next();
  const draw = random.fork();
  return (session) => {
    const other = scopes.find((scope) => scope !== session.scope);
    if (other === undefined) return undefined;
    const reason = fresh.word();
    if (roll < 0.35)
      return act(session, referPatient, { patientId: patient, to: other, reason, urgency: 'urgent' });
    if (roll < 0.5) return askForRecords(draw, reason)(session);
    if (roll < 0.6) {
      const to = draw.chance(0.5) ? other : session.scope;
      return act(session, askMove, { patientId: patient, to, reason });
    }
    return answerSomething(draw, reason)(session);
  };
}

/** By the number of somebody who is known here, or of anybody. */
const askForRecords =
  (random: SeededRandom, reason: string): Deed =>
  (session) => {
    const numbers = session.replica
      .find('patients', { limit: 50 })
      .flatMap(({ body }) => (body.pinfl === undefined ? [] : [body.pinfl]));
    if (numbers.length === 0) return undefined;
    const ground = random.pick(['consent', 'break-glass'] as const);
    return act(session, askAccess, { pinfl: random.pick(numbers), ground, reason });
  };

const answerSomething =
  (random: SeededRandom, reason: string): Deed =>
  (session) => {
    const open = session.replica
      .find('requests', { limit: 50 })
      .filter(({ body }) => deriveRequest(body).isOpen);
    if (open.length === 0) return undefined;
    const request: RecordOf<'requests'> = random.pick(open);
    if (request.scope === session.scope) return act(session, cancelRequest, { id: request.id, reason });
    const answer = random.pick([
      { kind: 'seen' as const },
      { kind: 'accepted' as const },
      { kind: 'declined' as const, note: reason },
      { kind: 'attended' as const },
      { kind: 'answered' as const, text: reason },
    ]);
    return act(session, answerReferral, { id: request.id, answer });
  };
