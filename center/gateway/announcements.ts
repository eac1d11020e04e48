import type { Scope } from '#contracts/ids.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { Timers } from '../ports.ts';
import type { Connection } from './connection.ts';
import type { GatewayContext } from './conversation.ts';

/** At most one hint per scope in this time; the last one always comes. */
const hintPauseMs = 100;

/**
 * Tells connected workstations how far the backup reaches, and those of version 1 of new positions in their scope. Returns a
 * function that ends it.
 */
export function announceHeads(connections: ReadonlySet<Connection>, context: GatewayContext): () => void {
  const { bus, effects, limits } = context;
  const hints = createPauses(effects.timers, hintPauseMs, (scope, head) => {
    const present = connectionsIn(scope, connections).filter(isOfVersionOne);
    for (const connection of present) connection.offer({ type: 'hint', scope, head });
    if (present.length > 0) void announceDurable(scope, present, context);
  });
  const watermarks = createPauses(effects.timers, limits.durablePauseMs, (scope) => {
    const present = connectionsIn(scope, connections).filter((connection) => !isOfVersionOne(connection));
    void announceDurable(scope, present, context);
  });
  const stop = bus.listen((news) => {
    if (news.kind === 'durable') announceAllDurable(connections, context);
    if (news.kind !== 'head') return;
    hints.tell(news.scope, news.head);
    watermarks.tellLater(news.scope, news.head);
  });
  return () => {
    stop();
    hints.close();
    watermarks.close();
  };
}

/** Says the newest position of a scope at once or later, but never twice within the pause; the last one always. */
function createPauses(timers: Timers, pauseMs: number, say: (scope: Scope, head: number) => void) {
  const newest = new Map<Scope, number>();
  const resting = new Map<Scope, () => void>();
  const rest = (scope: Scope) => {
    const cancel = timers.after(pauseMs, () => {
      resting.delete(scope);
      sayNewest(scope);
    });
    resting.set(scope, cancel);
  };
  const sayNewest = (scope: Scope) => {
    const head = newest.get(scope);
    newest.delete(scope);
    if (head === undefined) return;
    say(scope, head);
    rest(scope);
  };
  const note = (scope: Scope, head: number) => newest.set(scope, Math.max(head, newest.get(scope) ?? 0));
  return {
    tell: (scope: Scope, head: number) => {
      note(scope, head);
      if (!resting.has(scope)) sayNewest(scope);
    },
    tellLater: (scope: Scope, head: number) => {
      note(scope, head);
      if (!resting.has(scope)) rest(scope);
    },
    close: () => {
      for (const cancel of resting.values()) cancel();
    },
  };
}

const isOfVersionOne = ({ stage }: Connection) => stage.kind === 'welcomed' && stage.protocol === 1;

function connectionsIn(scope: Scope, connections: ReadonlySet<Connection>): readonly Connection[] {
  return [...connections].filter(({ stage }) => stage.kind === 'welcomed' && stage.scope === scope);
}

function announceAllDurable(connections: ReadonlySet<Connection>, context: GatewayContext): void {
  const scopes = new Set<Scope>();
  for (const { stage } of connections) if (stage.kind === 'welcomed') scopes.add(stage.scope);
  for (const scope of scopes) void announceDurable(scope, connectionsIn(scope, connections), context);
}

/**
 * How far the backup reaches. Rows about records of other facilities are answered with positions in the device's own feed
 * (docs/specs/sync.md SHR-5), so its watermark holds for them too: it is told once for each home of the facility's copies.
 */
export async function durableMessages(
  scope: Scope,
  { durableThrough, homesKnownTo }: GatewayContext,
): Promise<readonly Extract<CenterMessage, { readonly type: 'durable' }>[]> {
  const homes = await homesKnownTo(scope);
  const seq = await durableThrough(scope);
  return [scope, ...homes].map((home) => ({ type: 'durable', scope: home, seq }));
}

async function announceDurable(
  scope: Scope,
  present: readonly Connection[],
  context: GatewayContext,
): Promise<void> {
  if (present.length === 0) return;
  try {
    for (const message of await durableMessages(scope, context)) {
      for (const connection of present) connection.offer(message);
    }
  } catch {
    context.effects.log('The backup watermark could not be read.');
  }
}
