// Texts of the first page.

import { counted } from "../numbers.js";
import { first } from "./common.js";

export const home = {
  title: (number) => `${first(counted(number, "measurement"))}, one drug, and how sure it is`,
  lead: (names, drugs) =>
    `Enter a patient's ${names}. A random forest names the one of ${counted(drugs, "drug")} that patients like this were ` +
    "given, says when another cannot be ruled out, and why.",
  few: (number) => first(counted(number, "measurement")),
  measurements: (number) => counted(number, "measurement"),
  knows: (number) => `It knows ${counted(number, "measurement")} and nothing else of a patient.`,
  notFor: (text) => `It is not for: ${text}`,
  trees: (count) => `${count} trees`,
  heldOut: (right, samples, interval) => `${right} of ${samples} right; 95% interval ${interval}`,
  crossValidation: (accuracy, folds, repeats, interval) =>
    `${accuracy} right (${folds} folds × ${repeats})${interval ? `; 95% interval ${interval}` : ""}`,
  notDone: "Not done",
};
