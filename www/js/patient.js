// A patient in words.

import { texts } from "./texts.js";

/** A value as people say it. */
export const spoken = (value) => texts.values[value] ?? String(value);

/** A patient in words. */
export function describe(patient) {
  const { Sex, BP, Cholesterol, Na_to_K } = patient;
  return texts.answer.patient(spoken(Sex), patient, spoken(BP), spoken(Cholesterol), Na_to_K);
}
