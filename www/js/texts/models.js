// Texts of models: the card, what looks inside, comparisons, and serving another.

import { list, plural } from "../numbers.js";
import { first } from "./common.js";

export const model = {
  served: "Served now",
  notServed: "Not served now",
  heldOut: "Held-out patients",
  right: (right, samples, interval) => `${right} of ${samples} right; 95% interval ${interval}`,
  macroF1: "Macro-F1, held out",
  macroF1Hint: "each drug counts the same; 1 is best",
  crossValidation: "Cross-validated",
  folds: (folds, repeats, interval) =>
    `right, over ${folds} folds × ${repeats}${interval ? `; 95% interval ${interval}` : ""}`,
  notDone: "not done for this model",
  calibrationError: "Calibration error",
  calibrationHint: "points a probability is off, on average",
  version: "Version",
  versionDigest: "Its whole digest (SHA-256)",
  trained: "Trained",
  trees: "Trees",
  leaves: "Leaves a tree, at most",
  noLimit: "no limit",
  imported: "Imported",
  file: "File",
  writtenBy: (format, producer) => (producer ? `${format}, by ${producer}` : format),
  fileDigest: "Digest of the file",
  foldedTrees: (trees, folded) => (folded ? `${trees}, folded into one` : trees),
  knownOfTraining: "Its training",
  nothingKnown: "not known: it was not trained here, so no scores are, and no drug can be ruled out",
  tried: "Tried at each question",
  columns: (setting) => (setting === "all" ? "all columns" : `${setting} of the columns`),
  smote: "SMOTE",
  yes: "Yes",
  no: "No",
  none: "None",
  seed: "Seed",
  patients: "Patients",
  split: (training, test) => `${training} to learn from, ${test} held out`,
  drugs: "Drugs in the table",
  digest: "Digest of the table",
  coverage: "Coverage of its sets",
  chosen: "chosen",
  setColumns: ["Read", "Held out", "Cross-validated", "Macro-F1"],
  matrix: (samples) => `The ${samples} held-out patients: right ones lie on the diagonal.`,
  corner: ["given ↓", "said →"],
  classColumns: ["Drug", "Precision", "Recall", "F1", "Patients"],
  classCaption:
    "Precision: of those told this drug, how many had it. Recall: of those who had it, how many were told so.",
  groupColumns: ["Right", "Share", "95% interval"],
  rightOf: (right, samples) => `${right} of ${samples}`,
  measurement: "Measurement",
  bar: "Bar",
  share: "Share",
  score: "Score",
  value: "Value",
  points: "points",
  ece: "Expected calibration error",
  eceHint: "How far a probability is off, on average",
  brier: "Brier score",
  brierHint: "Squared distance from the truth: 0 is perfect, 2 is sure and wrong",
  logLoss: "Log loss",
  logLossHint: "Punishes being sure and wrong most",
  files: {
    report: "A report (HTML)",
    "forest.rf": "The forest (forest.rf)",
    "card.json": "The card (JSON)",
    "inspection.json": "Curves and sets (JSON)",
    "confusion_matrix.png": "The matrix (PNG)",
  },
  plots: {
    "confusion-matrix": "Confusion matrix:", reliability: "What its percentages were worth:", groups: "Right by group:",
    importance: "What it looks at:",
  },
  isFor: "What it is for",
  isNotFor: "What it is not for",
  limits: "What it does not know",
  shadow: "Shadow",
  historyColumns: ["Version", "Trained", "Read", "Held out", "Macro-F1", "Size", "Serve"],
  serve: "Serve this",
  serveIt: "Serve it nevertheless",
  serveThis: (version) => `Serve version ${version}`,
  older: "Show older versions",
  none_trained: "There is no model yet. Training one makes it appear here.",
  missing: (version) => `There is no version ${version}.`,
};

export const inspection = {
  said: "what it said",
  reliabilityLabel: "Of the held-out patients, the share that was right beside the percentage that they were told.",
  reliabilityColumns: ["Told", "Patients", "Told → right", "95% interval"],
  between: (from, to) => `${from} to ${to}`,
  covered: (covered, all, promised, interval) =>
    `The set held the right drug for ${covered} of ${all}; promised were ${promised}, and the true share is probably ${interval}.`,
  uncovered: "Less than promised",
  uncoveredText: "The sets leave the right drug out more often than they say. Do not rely on them.",
  setsOf: (patients, size) => `${patients} with ${size === 1 ? "one drug" : `${size} drugs`}`,
  allDrugs: "All drugs",
  curveDrug: "Drug",
  curvesText: (patients) =>
    `One measurement takes other values, all else of a patient stays as it is: the mean of ${patients}, and for one drug the ` +
    "curves of single patients beneath it. Some of these patients cannot exist; curves that part tell of measurements that work together.",
  curveLabel: (drug, low, atLow, high, atHigh) => `${drug}: ${atLow} at ${low}, ${atHigh} at ${high}.`,
  value: "Value",
  bar: "Bar",
  share: "Share",
  showMisses: (patients) => `Show the ${patients} it was wrong about`,
  missesLabel: "Patients it was wrong about",
  allMisses: "Those first of which it was surest.",
  someMisses: (shown, all) => `The ${shown} of ${all} of which it was surest.`,
  missColumns: ["Given", "Said", "How sure", "Not ruled out"],
  treeLabel: "The tree",
  tree: "Tree",
  treeNumber: (trees) => `Tree, of ${trees}`,
  previous: "The tree before",
  next: "The next tree",
  follow: "Follow a patient",
  nobody: "Nobody",
  noTree: (trees) => `There are trees 1 to ${trees}.`,
  taken: "The patient's way: ",
  samples: (number) => `${number} ${number === "1" ? "patient" : "patients"}`,
  orMissing: " or missing",
  isMeasured: " was measured",
  isMissing: " is missing",
  is: " is ",
  isNot: " is not ",
  isAmong: " is one of ",
  isNotAmong: " is none of ",
  everybody: ": everybody",
  noone: ": nobody",
};

export const labels = {
  of: (version) => `Labels of ${version}`,
  edit: "Edit labels",
  editOf: (version) => `Edit labels of ${version}`,
  title: (version) => `Labels of ${version}`,
  aliases: "Aliases",
  aliasesHint: "Names that stand for this version wherever one is asked for, such as second-opinion. One that another version has moves here.",
  tags: "Tags",
  tagsHint: "One a line: key = value.",
  note: "Note",
  noteHint: "Labels are for everybody to read: write nothing of a patient.",
  noTag: (line) => `“${line}” is no tag: write key = value.`,
  keep: "Keep labels",
  cancel: "Cancel",
};

/** What a field accepts, in words. */
const accepted = ({ allowed, unit, required }) =>
  [allowed, unit && `in ${unit}`, !required && "may be missing"].filter(Boolean).join(", ");

/** What became of a field, by what is other in it. */
const aspects = {
  type: (before, after) => `${accepted(before)} → ${accepted(after)}`,
  limits: (before, after) => `${before.allowed} → ${after.allowed}`,
  categories: (before, after, added, removed) =>
    added.length + removed.length === 0 ? aspects.type(before, after) : [added.length > 0 && `${list(added, "and")} ${added.length === 1 ? "is" : "are"} new`,
      removed.length > 0 && `${list(removed, "and")} ${removed.length === 1 ? "is" : "are"} gone`]
      .filter(Boolean).join(", "),
  required: (before, after) => (after.required ? "must be there now" : "may be missing now"),
  unit: (before, after) => `unit ${before.unit ?? "–"} → ${after.unit ?? "–"}`,
};

export const comparison = {
  noChampion: "There was no model that it could be compared with.",
  otherQuestions: "The two answer other questions, so no score of both on the same patients tells which is better.",
  otherPatients: "It asks for other things than the served model, or knows other drugs, so the two cannot be compared: whoever serves it decides.",
  samePatients: "It can be compared with the served model, and yet it is not quite the same:",
  field: {
    removed: () => "is not asked for any more",
    added: ({ after }) => (after ? `is new: ${accepted(after)}` : "is new"),
    changed: ({ what, before, after, added, removed }) => (before && after
      ? what.map((aspect) => aspects[aspect](before, after, added, removed)).filter(Boolean).join("; ")
      : "is described otherwise"),
  },
  drug: {
    removed: () => "is not recommended any more",
    added: () => "is a new drug",
    rare: ({ patients }) => (patients === 0
      ? "no patient of it was in the new table, though it is recommended now"
      : `only ${plural(patients, "patient")} of it in the new table, though it is recommended now`),
  },
  reordered: "the same fields and drugs in another order",
  omitted: (number) => `and ${number} more`,
  inALine: (parts) => `${first(parts.join("; "))}.`,
  brief: {
    removed: (names) => `without ${list(names, "and")}`,
    added: (names) => `with ${list(names, "and")}`,
    changed: (names) => `other values of ${list(names, "and")}`,
  },
  briefDrugs: {
    removed: (names) => `without the ${names.length === 1 ? "drug" : "drugs"} ${list(names, "and")}`,
    added: (names) => `with the ${names.length === 1 ? "drug" : "drugs"} ${list(names, "and")}`,
    rare: (names) => `few patients of ${list(names, "and")}`,
  },
  caption: (folds, repeats, hasSpread) =>
    `Cross-validated on the same held-out patients: mean of ${folds} folds × ${repeats}` +
    (hasSpread ? "; ± is the standard deviation over the repeats" : ""),
  champion: "Champion",
  candidate: "Challenger",
  score: "Score",
  version: "Version",
  features: "Numbers",
  scores: {
    macro_f1: "Macro-F1, mean of the folds (more is better)",
    accuracy: "Accuracy, mean of the folds (more is better)",
    log_loss: "Log loss, mean of the folds (less is better)",
  },
  difference: "The difference in macro-F1",
  differenceText: (mean, [low, high], confidence) =>
    `Challenger minus champion: ${mean ?? "no difference"}, with ${confidence} confidence between ${low} and ${high}.`,
  reading: ({ mean, interval: [low, high] }) =>
    low > 0
      ? "The challenger is better beyond what chance explains."
      : high < 0
        ? "The challenger is worse beyond what chance explains."
        : Math.abs(mean) < 0.00005
          ? "Neither is better."
          : "Zero lies inside: chance alone explains a difference like this.",
  noDifference: "no difference",
  otherData:
    "The two were trained on different tables. The champion may have seen some of these patients, which favours it.",
  matrix: (version, samples) => `${version} on its ${samples} held-out patients`,
  changed: "Changed patients",
  noneChanged: "No patient's drug changes",
  noneChangedText: "Both models recommend the same for every row of the table and for the documented patients.",
  changedText: (patients, gained, lost) =>
    `${patients} would be recommended another drug. Of the table's rows, ${gained} would become right and ${lost} wrong.`,
  changedShown: (number) => `The first ${number} of them:`,
  changedColumns: ["Row", "Given", "Champion", "Challenger"],
  documented: "Documented",
};

export const shadow = {
  title: "Unseen, on real patients",
  what:
    "As a shadow it answers the same patients as the served model, after they were answered: nobody sees what it says, " +
    "no answer waits for it, and this page compares both day by day.",
  insteadOf: (version) => `It takes the place of the shadow ${version}, whose comparison is forgotten.`,
  begin: "Let it answer unseen",
  beside: (version) => `Version ${version} answers the same patients unseen. How it does is told to who signs in.`,
  isShadow: "It answers the same patients as the served model, unseen. How it does is told to who signs in.",
  show: "Sign in to see how it does",
  signIn: "How a shadow does is told to who has signed in.",
  status: { waiting: "Not begun yet", running: "Answers unseen", failed: "Does not answer", served: "Served itself" },
  since: (time) => `since ${time}`,
  failed: "It does not answer",
  failedText: (reason) => `The reason: ${reason}. It is tried again by itself; no answer to a patient depends on it.`,
  servedText: "It is served itself now, so there is nothing to compare; what was found before stays until it is ended.",
  otherFields: "Nobody it could answer",
  otherFieldsText: (patients) => `${patients} had other fields than it asks for, so the two cannot be compared on them.`,
  none: "It has answered nobody yet: it looks at the patients that come from now on.",
  changed: (number, patients, share, [low, high]) =>
    `${number} of ${patients} would have been recommended another drug: ${share}, 95% interval ${low} to ${high}.`,
  nobody: (patients, most) => `None of ${patients} would have been recommended another drug; the true share is probably below ${most}.`,
  check: "Unseen, on real patients",
  judged: (number, right, before) => `Of ${number} recorded outcomes it is right in ${right}, the served model in ${before}.`,
  byDay: "Another drug, by day",
  chart: (days, first, last, share) =>
    days === 1
      ? `The share of patients with another drug on ${first}: ${share}.`
      : `The share of patients with another drug on ${days} days from ${first} to ${last}, ${share} on the last.`,
  chartHint: "The dot is the share of a day, the line its 95% interval: long where patients were few. Days are of UTC.",
  point: (date, number, patients) => `${date}: ${number} of ${patients}`,
  numbers: "The numbers by day",
  dayColumns: ["Day", "Patients", "Another drug", "Share", "Another set"],
  sides: "Both side by side",
  figure: "Figure",
  champion: "As answered",
  shadow: "Shadow",
  right: (outcomes) => `Right in ${outcomes} outcomes`,
  probability: "How sure, on average",
  review: "To be looked at",
  sets: "Drugs not ruled out",
  time: "Processor time an answer",
  outcomes: (champion, other) =>
    `The answered one alone was right for ${champion}, the shadow alone for ${other}. Whoever recorded an outcome had seen the one and not the other, which favours it.`,
  fewOutcomes: (number, needed) => `Outcomes judge both, from ${needed ?? 20} on; there are ${number}.`,
  champions: (number) => `${number} versions had answered meanwhile.`,
  fromTo: "From → to:",
  more: (number) => `${number} more`,
  leftOut: (patients) => `${patients} left out, of other fields than it asks for.`,
  behind: (predictions) => `${predictions} still to be looked at.`,
  whom: "Show whom",
  whomNeeds: "This needs the role engineer or auditor.",
  whomLabel: "Predictions that would have been others",
  whomColumns: ["When", "Answered", "Shadow", "Prediction"],
  orElse: (drugs) => `or ${drugs}`,
  older: "Show older ones",
  again: "Look again",
  end: "End the shadow",
  endHint: "Ending it, and another shadow, forgets what was compared.",
  endSure: "Yes, end it",
  endSureHint: "Press again to end it: what was compared is forgotten then.",
  microseconds: (number) => `${number} µs`,
};

export const promote = {
  title: (version) => `Serve ${version}?`,
  place: (champion) => `Everybody is recommended by it then, in place of ${champion}.`,
  first: "Everybody is recommended by it then.",
  questions: "Fields and drugs",
  questionsText: {
    same: "The same as the served model's.",
    other: "Others than the served model's: who sends patients must send other fields, or hears of other drugs.",
    rare: (drugs) => `The same, but it has seen few patients of ${drugs}.`,
    almost: "Almost the same; what differs stands on the page.",
  },
  drugs: "Whose drug changes",
  nobody: "Nobody's, in the table it was compared on.",
  drugsText: (patients, documented) => `That of ${patients} in the table${documented ? ` and of ${documented}` : ""}.`,
  wrong: "Who becomes wrong",
  noneWrong: (right) => `Nobody for whom the served model is right${right > 0 ? `; ${right} become right` : ""}.`,
  wrongText: (patients, rows, more, right) =>
    `${patients} for whom the served model is right (${rows.length === 1 ? "row" : "rows"} ${list([...rows, ...(more > 0 ? [`${more} more`] : [])], "and")})` +
    `${right > 0 ? `; ${right} become right` : ""}.`,
  untold: "Nobody can tell: the table is not there any more, or it is of other patients.",
  looking: "Looking at what would change…",
  notLooked: "What would change",
  figures: "Difference in macro-F1",
  figuresText: (mean, [low, high]) => `${mean ?? "No difference"}; 95% interval ${low} to ${high}.`,
  notCompared: "Not known: the two were not compared.",
  another: "Another model is served meanwhile",
  anotherText: (current, champion) => `It is ${current}. All this holds it against ${champion}.`,
  unsure: "Not sure?",
  unseenFirst: "Let it answer the same patients unseen first.",
  kinds: { good: "Good", "": "Even", caution: "Look", danger: "Worse", unknown: "Unknown" },
  reason: "Why",
  reasonIfAny: "Why, if you like",
  reasonHint: (most) => `Kept with your name in the audit log. At most ${most} characters, and nothing of a patient.`,
  noReason: "Say why: whoever looks at this later will ask.",
  serve: "Serve it",
  nevertheless: "Serve it nevertheless",
  goBack: "Go back",
  cancel: "Cancel",
  served: (version) => `${version} is served now`,
  servedText: (previous) => `It took the place of ${previous}. Every answer comes from it within a second; ${previous} is kept.`,
  servedAlone: "Every answer comes from it within a second.",
  kept: (reason) => `Your name and the reason stand in the audit log: “${reason}”.`,
  keptWithout: "Your name stands in the audit log.",
  backTo: (version) => `Go back to ${version}`,
  card: "Its card",
};
