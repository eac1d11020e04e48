import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import type { Packer } from '#sync/client/message-packing.ts';
import type { Transport } from '#sync/transports/transport.ts';
import type { MemoryFlows } from './memory-center-flows.ts';

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;

export type Stage =
  | { readonly kind: 'opened' }
  | { readonly kind: 'challenged'; readonly nonce: string; readonly hello: MessageOf<'hello'> }
  | { readonly kind: 'wiping'; readonly device: DeviceId }
  | { readonly kind: 'welcomed'; readonly device: DeviceId; readonly scope: Scope; readonly version: number };

export interface Connection {
  readonly transport: Transport;
  readonly flows: MemoryFlows;
  stage: Stage;
  packer: Packer | undefined;
}

export type Welcomed = Extract<Stage, { readonly kind: 'welcomed' }>;
export type Challenged = Extract<Stage, { readonly kind: 'challenged' }>;
