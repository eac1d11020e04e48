import * as v from 'valibot';
import { RecordIdSchema } from '../ids.ts';
import { roles } from '../roles.ts';
import { accessViews } from './access.ts';
import { auditViews } from './audit.ts';
import { viewContract } from './contract.ts';
import { DayInputSchema } from './requests.ts';
import {
  DaySummarySchema,
  PatientRecordSchema,
  QueueRowSchema,
  RequestRowSchema,
  ReviewRowSchema,
  SyncStateSchema,
  UnsentRowSchema,
  WorkstationStateSchema,
} from './views.ts';

const view = viewContract;
const Nothing = v.strictObject({});

export const liveViews = {
  ...accessViews,
  'workstation.state': view({ input: Nothing, output: WorkstationStateSchema, audience: 'anyone' }),
  'sync.state': view({ input: Nothing, output: SyncStateSchema, audience: roles }),
  /** Visits of a day, in the order they should be seen. */
  'queue.day': view({
    input: DayInputSchema,
    output: v.object({ day: v.string(), rows: v.array(QueueRowSchema) }),
    audience: roles,
  }),
  /** Opening this view is written to the audit trail. Null when the record is not here. */
  'patients.record': view({
    input: v.object({ id: RecordIdSchema }),
    output: v.nullable(PatientRecordSchema),
    audience: roles,
  }),
  'day.summary': view({ input: DayInputSchema, output: DaySummarySchema, audience: roles }),
  'unsent.list': view({ input: Nothing, output: v.array(UnsentRowSchema), audience: roles }),
  /** Questions that a person must settle, newest first, and behind them what was settled in the last days. */
  'reviews.open': view({ input: Nothing, output: v.array(ReviewRowSchema), audience: roles }),
  /** Requests of and to this facility that are open or changed in the last 30 days, newest first, at most 200. */
  'requests.open': view({ input: Nothing, output: v.array(RequestRowSchema), audience: roles }),
  ...auditViews,
} as const;

export type LiveViews = typeof liveViews;
export type LiveViewName = keyof LiveViews;
export type LiveViewInput<Name extends LiveViewName> = v.InferOutput<LiveViews[Name]['input']>;
export type LiveViewOutput<Name extends LiveViewName> = v.InferOutput<LiveViews[Name]['output']>;
