import type { Scope } from '#contracts/ids.ts';
import type { Connection } from './connection.ts';
import type { GatewayContext } from './conversation.ts';

/** At most one hint per scope in this time; the last one always comes. */
const hintPauseMs = 100;

/**
 * Tells connected workstations of new positions in their scope, and how far the backup reaches. Returns a function that
 * ends it.
 */
export function announceHeads(connections: ReadonlySet<Connection>, context: GatewayContext): () => void {
  const { bus, effects } = context;
  const newest = new Map<Scope, number>();
  const resting = new Map<Scope, () => void>();
  const announce = (scope: Scope) => {
    const head = newest.get(scope);
    newest.delete(scope);
    if (head === undefined) return;
    for (const connection of connectionsIn(scope, connections))
      connection.offer({ type: 'hint', scope, head });
    void announceDurable(scope, connections, context);
    const cancel = effects.timers.after(hintPauseMs, () => {
      resting.delete(scope);
      announce(scope);
    });
    resting.set(scope, cancel);
  };
  const stop = bus.listen((news) => {
    if (news.kind === 'durable') announceAllDurable(connections, context);
    if (news.kind !== 'head') return;
    newest.set(news.scope, Math.max(news.head, newest.get(news.scope) ?? 0));
    if (!resting.has(news.scope)) announce(news.scope);
  });
  return () => {
    stop();
    for (const cancel of resting.values()) cancel();
  };
}

function connectionsIn(scope: Scope, connections: ReadonlySet<Connection>): readonly Connection[] {
  return [...connections].filter(({ stage }) => stage.kind === 'welcomed' && stage.scope === scope);
}

function announceAllDurable(connections: ReadonlySet<Connection>, context: GatewayContext): void {
  const scopes = new Set<Scope>();
  for (const { stage } of connections) if (stage.kind === 'welcomed') scopes.add(stage.scope);
  for (const scope of scopes) void announceDurable(scope, connections, context);
}

async function announceDurable(
  scope: Scope,
  connections: ReadonlySet<Connection>,
  context: GatewayContext,
): Promise<void> {
  const present = connectionsIn(scope, connections);
  if (present.length === 0) return;
  try {
    const seq = await context.durableThrough(scope);
    for (const connection of present) connection.offer({ type: 'durable', scope, seq });
  } catch {
    context.effects.log('The backup watermark could not be read.');
  }
}
