import { ok } from '#contracts/result.ts';
import { favouriteDiagnoses } from '../favourite-diagnoses.ts';
import { facilityOf } from '../people.ts';
import { whileUnlocked } from './handler.ts';

const searchIcd10 = whileUnlocked<'icd10.search'>(({ text, limit }, session, { parts }) => {
  const favourites = text.trim() === '' ? favouriteDiagnoses(session.replica, session.today(), limit) : [];
  return ok({ hits: [...parts.reference.searchIcd10(text, limit, favourites)] });
});

const nameIcd10 = whileUnlocked<'icd10.names'>(({ codes }, _session, { parts }) =>
  ok({ hits: [...parts.reference.icd10ByCodes(codes)] }),
);

const searchMahallas = whileUnlocked<'mahallas.search'>(({ text, limit }, session, { parts }) => {
  const catchment = facilityOf(session.replica, session.scope)?.mahallas ?? [];
  return ok({ hits: [...parts.reference.searchMahallas(text, limit, catchment)] });
});

/** Shipped lists. */
export const referenceRequests = {
  'icd10.search': searchIcd10,
  'icd10.names': nameIcd10,
  'mahallas.search': searchMahallas,
};
