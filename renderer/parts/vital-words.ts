import { formatNumber } from '#clinic/formats.ts';
import { type VitalsName, vitalsForm } from '#clinic/forms/vitals.ts';
import type { Language } from '#contracts/languages.ts';
import type { Vitals } from '#contracts/records/visits.ts';
import type { Translate } from '../wording/words.ts';

/** In clinical order; also the order of the keyboard. */
export const vitalNames: readonly VitalsName[] = vitalsForm.fields.map((field) => field.name);

type VitalField = (typeof vitalsForm.fields)[number];

const fieldByName = new Map<VitalsName, VitalField>(vitalsForm.fields.map((field) => [field.name, field]));

/** Unit and digits of a measurement. */
export function vitalField(name: VitalsName): VitalField {
  const field = fieldByName.get(name);
  if (field === undefined) throw new Error(`the vitals form has no ${name}`);
  return field;
}

/** The value as the instrument shows it, without its unit. */
export const vitalValue = (name: VitalsName, value: number, language: Language): string =>
  formatNumber(value, language, vitalField(name).digits);

/** `Pulse 72 /min` for each measured value; the two pressures as one. */
export function vitalWords(values: Vitals, t: Translate, language: Language): readonly string[] {
  const words: string[] = [];
  const { systolicMmHg: systolic, diastolicMmHg: diastolic } = values;
  if (systolic !== undefined || diastolic !== undefined) {
    words.push(`${t('vital.pressure')} ${systolic ?? '–'}/${diastolic ?? '–'} ${t('unit.mmHg')}`);
  }
  for (const { name, unit } of vitalsForm.fields) {
    const value = values[name];
    if (value === undefined || name === 'systolicMmHg' || name === 'diastolicMmHg') continue;
    words.push(`${t(`vital.${name}`)} ${vitalValue(name, value, language)} ${t(`unit.${unit}`)}`);
  }
  return words;
}
