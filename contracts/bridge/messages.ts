import * as v from 'valibot';
import { AppErrorSchema } from '../errors.ts';

/** Version of the bridge. Screen and workstation ship together; a difference means a stale page. */
export const bridgeVersion = 1;

/** Longest message either side takes, in UTF-16 units of JSON. */
export const maxBridgeMessageLength = 2 * 1024 * 1024;
/** Most requests and views one screen may have open. */
export const maxOpenRequests = 64;
export const maxOpenViews = 64;

const number = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const name = v.pipe(v.string(), v.maxLength(64));

/** Screen to workstation. */
export const ScreenMessageSchema = v.variant('type', [
  /** First message on links that need it (web workstation): the one-time token, or the pass it was exchanged for. */
  v.object({
    type: v.literal('hello'),
    bridge: number,
    token: v.optional(v.pipe(v.string(), v.maxLength(200))),
  }),
  v.object({ type: v.literal('request'), id: number, name, input: v.unknown() }),
  v.object({ type: v.literal('open'), id: number, name, input: v.unknown() }),
  /** The screen has rendered snapshot `seq`; the next may come. Snapshots in between are conflated. */
  v.object({ type: v.literal('seen'), id: number, seq: number }),
  v.object({ type: v.literal('close'), id: number }),
]);
export type ScreenMessage = v.InferOutput<typeof ScreenMessageSchema>;

/** Workstation to screen. */
export const WorkstationMessageSchema = v.variant('type', [
  /** Answer to `hello`. `pass` replaces the one-time token for this tab and is kept in its session storage only. */
  v.object({ type: v.literal('welcome'), bridge: number, pass: v.optional(v.string()) }),
  v.object({ type: v.literal('answer'), id: number, value: v.unknown() }),
  v.object({ type: v.literal('failure'), id: number, error: AppErrorSchema }),
  v.object({ type: v.literal('snapshot'), id: number, seq: number, value: v.unknown() }),
  /** A view ended: locked, forbidden or failed. The client opens it again when that may help. */
  v.object({ type: v.literal('ended'), id: number, error: AppErrorSchema }),
]);
export type WorkstationMessage = v.InferOutput<typeof WorkstationMessageSchema>;
