import type { LiveViewName } from '#contracts/bridge/live-views.ts';
import { doorView, peopleView, scansView } from './access.ts';
import { auditOfPatientView, recentAuditView } from './audit.ts';
import { daySummaryView } from './day-summary.ts';
import { openRequestsView } from './open-requests.ts';
import { openReviewsView } from './open-reviews.ts';
import { patientRecordView } from './patient-record.ts';
import { queueDayView } from './queue-day.ts';
import { syncStateView } from './sync-state.ts';
import { unsentListView } from './unsent-list.ts';
import type { View } from './view.ts';
import { workstationStateView } from './workstation-state.ts';

/** One view for every name of the contract; the type checker refuses a gap. */
export const allViews: { readonly [Name in LiveViewName]: View<Name> } = {
  'access.door': doorView,
  'access.people': peopleView,
  'scans.latest': scansView,
  'workstation.state': workstationStateView,
  'sync.state': syncStateView,
  'queue.day': queueDayView,
  'patients.record': patientRecordView,
  'day.summary': daySummaryView,
  'unsent.list': unsentListView,
  'reviews.open': openReviewsView,
  'requests.open': openRequestsView,
  'audit.of-patient': auditOfPatientView,
  'audit.recent': recentAuditView,
};
