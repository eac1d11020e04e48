import { quickCheck } from '../quick-check.ts';
import { type CollectionName, type RecordOf, recordSchemas } from './registry.ts';

/** Whether a value is a record, by collection: what `v.is` says with `recordSchemas`, several times faster. */
export const recordChecks: { readonly [C in CollectionName]: (value: unknown) => value is RecordOf<C> } = {
  patients: quickCheck(recordSchemas.patients),
  visits: quickCheck(recordSchemas.visits),
  staff: quickCheck(recordSchemas.staff),
  reference: quickCheck(recordSchemas.reference),
  reviews: quickCheck(recordSchemas.reviews),
  requests: quickCheck(recordSchemas.requests),
};
