import * as v from 'valibot';

/**
 * Roles at a facility. `national` is the code of the national profession list
 * (national FHIR guide, value set practitioner-role).
 */
export const roles = ['nurse', 'feldsher', 'doctor', 'head', 'technician'] as const;
export type Role = (typeof roles)[number];
export const RoleSchema = v.picklist(roles);

/** Roles that care for patients. */
export const clinicalRoles = ['nurse', 'feldsher', 'doctor', 'head'] as const satisfies readonly Role[];
/** Roles that enrol staff and look after the workstation. */
export const administratorRoles = ['head', 'technician'] as const satisfies readonly Role[];
