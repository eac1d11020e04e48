import type { ClientMessage, Packing } from '#contracts/wire/client-messages.ts';
import type { Packer, PackingChoice } from '#sync/client/message-packing.ts';
import type { WireMessage } from '#sync/transports/transport.ts';

/** The text of a message; undefined if it does not travel as the connection was to. */
export function textOf(packer: Packer | undefined, received: WireMessage): string | undefined {
  if (packer === undefined) return typeof received === 'string' ? received : undefined;
  try {
    return typeof received === 'string' ? undefined : packer.unpackWhole(received).text;
  } catch {
    return undefined;
  }
}

type Hello = Extract<ClientMessage, { readonly type: 'hello' }>;

/** The first packing and dictionary of the center's that the workstation can undo (PCK-1). */
export function choosePacking(
  own: PackingChoice | undefined,
  { packings, dictionaries }: Hello,
): {
  readonly packing: Packing;
  readonly dictionary: number | null;
  readonly packer: Packer | undefined;
} {
  const packing = own?.packings.find((name) => packings?.includes(name)) ?? 'none';
  const known = own?.dictionaries.find(({ version }) => dictionaries?.includes(version));
  const dictionary = known?.version ?? null;
  if (own === undefined || packing === 'none') return { packing, dictionary, packer: undefined };
  return { packing, dictionary, packer: own.createPacker(packing, known?.bytes ?? null) };
}
