import * as v from 'valibot';
import { EntryIdSchema, PersonIdSchema, type RecordId, type Scope } from '#contracts/ids.ts';
import type { RequestEvent } from '#contracts/records/requests.ts';
import type { Session } from '../postgres/database.ts';
import { idFor } from './center-version.ts';
import { inScope, type SharingContext } from './sharing-context.ts';
import { writeCenterVersion } from './write-center-version.ts';

type Told<Kind extends RequestEvent['kind']> = Omit<
  Extract<RequestEvent, { readonly kind: Kind }>,
  'id' | 'at' | 'by'
>;

/** What the center says in a request. `key` names it within the request, so that it is said once. */
export interface CenterEvent {
  readonly key: string;
  readonly event: Told<'granted'> | Told<'not-found'> | Told<'moved'> | Told<'ended'>;
}

/** The schema's limit. */
const maxEvents = 200;

/** The same words always have the same id in a request. */
export const eventIdFor = (request: RecordId, key: string) =>
  v.parse(EntryIdSchema, idFor(`event\n${request}\n${key}`));

/**
 * Appends what is not said yet, as a new version of the request by the center; `before` does what has to be done in the same
 * transaction.
 */
export async function appendEvents(
  context: SharingContext,
  scope: Scope,
  request: RecordId,
  told: readonly CenterEvent[],
  before: (session: Session, at: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  if (told.length === 0) return;
  const at = context.effects.clock.now();
  const by = v.parse(PersonIdSchema, context.center);
  const events = told.map(({ key, event }): RequestEvent => {
    return { ...event, id: eventIdFor(request, key), at, by };
  });
  const outcome = await inScope(context, async (session) => {
    await before(session, at);
    return await writeCenterVersion(session, context, {
      scope,
      collection: 'requests',
      id: request,
      purpose: `events\n${told.map(({ key }) => key).join('\n')}`,
      change: ({ body }) => {
        const known = new Set(body.events.map(({ id }) => id));
        const news = events.filter(({ id }) => !known.has(id));
        const hasRoom = body.events.length + news.length <= maxEvents;
        return news.length === 0 || !hasRoom
          ? null
          : { body: { ...body, events: [...body.events, ...news] } };
      },
    });
  });
  if (outcome.kind === 'written') context.announce(outcome.applied);
}
