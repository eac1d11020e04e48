import { fail, ok, type Result } from '#contracts/result.ts';
import type { CborMap, CborValue } from './cbor.ts';
import { booleanAt, bytesAt, countAt, listAt, mapAt } from './cbor-fields.ts';
import { type Asking, type Conversation, ctapCommand, usualLongestRequest } from './conversation.ts';
import { longestMessage } from './hid-frames.ts';
import type { PinUvProtocolNumber } from './pin-uv-protocol.ts';
import type { CtapFailure } from './status.ts';

/** What a key says of itself (authenticatorGetInfo, CTAP 2.1, 6.4). */
export interface AuthenticatorInfo {
  /** `FIDO_2_0`, `FIDO_2_1_PRE`, `FIDO_2_1`, `U2F_V2`. */
  readonly versions: readonly string[];
  readonly extensions: readonly string[];
  /** Hexadecimal; tells the model, not the piece. */
  readonly model: string;
  /** Null: the key's firmware does not say. */
  readonly firmware: number | null;
  readonly longestRequest: number;
  /** Those we speak, the best first. */
  readonly pinUvProtocols: readonly PinUvProtocolNumber[];
  /** `can`: the key is able to; `is`: it is set up. */
  readonly finger: { readonly can: boolean; readonly is: boolean };
  readonly pin: { readonly can: boolean; readonly is: boolean; readonly mustChange: boolean };
  /** Whether verification is proved by a token (CTAP 2.1); otherwise by the old PIN token and `options.uv`. */
  readonly hasVerificationToken: boolean;
  /** The command that enrols fingers; null: fingers are enrolled on the key itself, or not at all. */
  readonly fingerCommand: number | null;
  readonly leastPinLength: number;
  readonly hasHmacSecret: boolean;
  readonly hasCredentialProtection: boolean;
  /** How many credentials one request may name; null: not said. */
  readonly mostListedCredentials: number | null;
  /** Longest credential id it makes; null: not said. */
  readonly longestCredentialId: number | null;
  /** Room for resident credentials, which Hamshira makes none of; null: not said. */
  readonly residentRoom: number | null;
}

const field = {
  versions: 0x01,
  extensions: 0x02,
  aaguid: 0x03,
  options: 0x04,
  maxMsgSize: 0x05,
  pinUvAuthProtocols: 0x06,
  maxCredentialCountInList: 0x07,
  maxCredentialIdLength: 0x08,
  forcePinChange: 0x0c,
  minPinLength: 0x0d,
  firmwareVersion: 0x0e,
  remainingDiscoverable: 0x14,
} as const;

/** Lists longer than this are no list a key has reason to send. */
const mostListed = 64;
const usualLeastPinLength = 4;

/** Asks the key what it is and what is set up on it now. */
export async function readInfo(
  conversation: Conversation,
  asking: Asking,
): Promise<Result<AuthenticatorInfo, CtapFailure>> {
  const answer = await conversation.ask(ctapCommand.getInfo, undefined, asking);
  if (!answer.ok) return answer;
  const info = parseInfo(answer.value);
  if (info === undefined) return fail({ failure: 'garbled' });
  conversation.longestRequest = info.longestRequest;
  return ok(info);
}

/** Undefined where a field that every key must give is missing or wrong. */
export function parseInfo(map: CborMap): AuthenticatorInfo | undefined {
  const versions = texts(listAt(map, field.versions));
  const aaguid = bytesAt(map, field.aaguid);
  if (versions === undefined || aaguid?.length !== 16) return undefined;
  const options = mapAt(map, field.options) ?? new Map();
  const extensions = texts(listAt(map, field.extensions)) ?? [];
  const largest = countAt(map, field.maxMsgSize) ?? usualLongestRequest;
  return {
    versions,
    extensions,
    model: Buffer.from(aaguid).toString('hex'),
    firmware: countAt(map, field.firmwareVersion) ?? null,
    longestRequest: Math.min(Math.max(largest, usualLongestRequest), longestMessage),
    pinUvProtocols: protocolsOf(listAt(map, field.pinUvAuthProtocols)),
    finger: ability(booleanAt(options, 'uv')),
    pin: {
      ...ability(booleanAt(options, 'clientPin')),
      mustChange: booleanAt(map, field.forcePinChange) === true,
    },
    hasVerificationToken: booleanAt(options, 'pinUvAuthToken') === true,
    fingerCommand: fingerCommandOf(options),
    leastPinLength: Math.max(usualLeastPinLength, countAt(map, field.minPinLength) ?? 0),
    hasHmacSecret: extensions.includes('hmac-secret'),
    hasCredentialProtection: extensions.includes('credProtect'),
    mostListedCredentials: countAt(map, field.maxCredentialCountInList) ?? null,
    longestCredentialId: countAt(map, field.maxCredentialIdLength) ?? null,
    residentRoom: countAt(map, field.remainingDiscoverable) ?? null,
  };
}

/** In `options` a missing name means the key cannot, false that it is not set up. */
const ability = (option: boolean | undefined): { readonly can: boolean; readonly is: boolean } => ({
  can: option !== undefined,
  is: option === true,
});

function fingerCommandOf(options: CborMap): number | null {
  if (booleanAt(options, 'bioEnroll') !== undefined) return ctapCommand.bioEnrolment;
  const isPreview = booleanAt(options, 'userVerificationMgmtPreview') !== undefined;
  return isPreview ? ctapCommand.bioEnrolmentPreview : null;
}

/** Protocol 2 first where the key has it. Keys that list none and have hmac-secret speak protocol 1 (CTAP 2.0). */
function protocolsOf(listed: readonly CborValue[] | undefined): readonly PinUvProtocolNumber[] {
  if (listed === undefined) return [1];
  return ([2, 1] as const).filter((protocol) => listed.includes(protocol));
}

function texts(list: readonly CborValue[] | undefined): readonly string[] | undefined {
  if (list === undefined || list.length > mostListed) return undefined;
  return list.filter((item) => typeof item === 'string');
}
