// Texts of the page About.

import { count, counted, list } from "../numbers.js";
import { first } from "./common.js";

export const about = {
  lead: (number) => `Seven steps lead from ${counted(number, "measurement")} to a drug. No mathematics is needed, and nothing is left out that matters.`,
  checked: (number) => `${first(counted(number, "measurement"))} ${number === 1 ? "is" : "are"} checked`,
  limits: (title, text) => `${title}: ${text}`,
  oneOf: (labels) => `one of ${list(labels, "and")}`,
  anyNumber: "a number",
  anyText: "a text",
  maybe: (text) => `${text}; may be missing`,
  binned: (number) => `In bins: ${number} columns`,
  continuous: (number) => `As measured: ${number} columns`,
  stay: (names, isOne) => `${first(names)} ${isOne ? "stays what it is" : "stay what they are"}`,
  missing: "–",
  more: (number) => `and ${count(number)} more: 0`,
  isOrMore: (name, value) => `is ${name} ${value} or more?`,
  isOne: (name, label) => `is ${name} ${label}?`,
  questions: (some) => `Questions could be: ${some.map(first).join(" ")}`,
  askFor: "Ask the served forest how it votes for this patient. The answer is kept in the log like any other.",
  voted: (votes, trees, drug, set, isOutside) =>
    `${votes} of ${trees} trees vote for ${drug}. ` +
    (isOutside ? "The patient is unlike those they learned from: do not rely on this." : set.length === 1
      ? "No other drug is in the prediction set."
      : `The prediction set holds ${list(set, "and")}: a person must look.`),
  contradicted: (tree, forest) =>
    `The tree above says ${tree}, and the forest ${forest}. That tree is drawn by hand from the table; near a border, or ` +
    "where another model is served, the forest's own trees may cut elsewhere. What the forest says counts.",
  voteColumns: ["Drug", "Bar", "Votes", "Probability"],
};
