// Every text that scripts write. What stands on a page before a script runs is in its HTML.

import { count, counted, list, plural } from "./numbers.js";

const first = (text) => text[0].toUpperCase() + text.slice(1);

const common = {
  silent: "The service does not answer at the moment. Try again in a few seconds.",
  sets: { continuous: "As measured", binned: "In bins" },
  kept: "Kept",
};

const description = {
  yes: "yes",
  no: "no",
  notMeasured: "not measured",
  notMeasuredOf: (names) => `not measured: ${list(names, "and")}`,
  range: ({ minimum, exclusiveMinimum: above, maximum, exclusiveMaximum: below }) => {
    if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
    const low = minimum !== undefined ? `at least ${minimum}` : above !== undefined ? `above ${above}` : "";
    const high = maximum !== undefined ? `at most ${maximum}` : below !== undefined ? `below ${below}` : "";
    return [low, high].filter(Boolean).join(", ");
  },
};

const form = {
  errorTitle: (title) => `Error: ${title}`,
  ifMeasured: "if measured",
  readAs: (number) => `Read as ${number}`,
  notMeasured: "Not measured",
  choose: "Choose",
  iHave: (names) => `I have ${list(names, "and")}`,
  iHaveRatio: (name) => `I have the ${name}`,
  whole: "Whole number",
  number: "Number",
  trained: (low, high) => `trained on ${low} to ${high}`,
  /** What else is said of a field: its help, then its limits. */
  hint: (help, ...limits) => {
    const end = limits.filter(Boolean).join("; ");
    const start = help && !/[.!?。؟]$/u.test(help) && end ? `${help}.` : help;
    return [start, end && first(end)].filter(Boolean).join(" ");
  },
  redrawn: (fresh, gone) =>
    "Another model is served now, and it measures something else. What still fits is kept." +
    (fresh.length > 0 ? ` New: ${list(fresh, "and")}.` : "") +
    (gone.length > 0 ? ` Not asked for any more: ${list(gone, "and")}.` : ""),
};

const session = {
  signIn: "Sign in",
  signOut: (user) => `Sign out ${user}`,
  title: "Sign in",
  purpose: "Training, promotion, recorded outcomes and figures of patients are for people with a name here.",
  needs: (role) => `This needs the role ${role}.`,
  predict: "Predictions are for people with a name here. Sign in to go on; what you entered is kept.",
  lost: "You are not signed in any more. Sign in to go on; what you entered is kept.",
  kept: "Kept in this tab only, and forgotten when it is closed or unused for 30 minutes.",
  name: "Name",
  password: "Password",
  cancel: "Cancel",
  empty: "Password is missing.",
  wrong: "This name and password do not go together.",
  tooMany: "There were too many attempts. Wait a moment, then try again.",
};

const home = {
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

const states = {
  ready: "Ready to answer",
  "no-model": "Running, but no model is loaded. Training one makes it answer.",
  silent: "The service does not answer at the moment. Trying again…",
};

const answer = {
  waits: {
    silent: "The service does not answer at the moment.",
    "no-model": "The service runs, but no model is loaded yet.",
  },
  again: "It is asked again by itself.",
  asked: (patient) => `Asked for: ${patient}`,
  verdict: {
    good: ([drug], unknown) => (unknown.length > 0 ? `Of the drugs it knows, only ${drug} fits` : `Only ${drug} fits`),
    caution: (drugs) => `${list(drugs, "or")}: a person must look`,
    danger: () => "Not like its patients: do not rely on this",
  },
  leaning: {
    good: (share) => `with a probability of ${share}`,
    caution: (share, others) => ["with a probability of " + share, ...others].join(", "),
    danger: (share) => `is what its trees say, with a probability of ${share}. They learned from nobody like this:`,
  },
  notRuledOut: (drugs) => `The model cannot rule out ${list(drugs, "or")}.`,
  covered: (coverage, unknown) =>
    (coverage
      ? `In about ${Math.round(coverage * 100)} of 100 patients like those it learned from, the drug given is among those named here.`
      : "How often the drug given is among those named here is not known of this model.") +
    (unknown.length > 0 ? ` It never learned of ${list(unknown, "and")}, of which this says nothing.` : ""),
  uncovered: "How often it is right is known of patients like those it learned from, not of this one. No drug is ruled out.",
  why: (drug) => `Why ${drug}`,
  average: "On average, over the training rows",
  thisPatient: "This patient",
  mostFor: (names, drug) => `${list(names, "and")} ${names.length === 1 ? "speaks" : "speak"} most for ${drug}`,
  mostAgainst: (names) => `${list(names, "and")} ${names.length === 1 ? "speaks" : "speak"} against it`,
  nothing: (drug) => `No measurement moves ${drug} far from its average.`,
  unexplained: "How much each measurement adds is not known: the model was not trained here.",
  explanationOmitted: "How much each measurement adds is not told: the model is too large for that.",
  noFlip: "No change of one measurement alone would change the drug.",
  flipOmitted: "The nearest change of the drug was not looked for: the model is too large for that.",
  notFor: (text) => `What the model is not for: ${text}`,
  flip: (name, from, distance, isBelow, drug) =>
    `${name}: ${from} is ${distance} ${isBelow ? "below" : "above"} where it becomes ${drug}.`,
  flipWith: (name, to, from, drug) => `With ${name} ${to} instead of ${from} it would be ${drug}.`,
  copy: "Copy",
  copied: "Copied",
};

const whatIf = {
  legend: "Drugs",
  of: (field, value) => `${field}: ${value}`,
  range: (low, high, below, above) => {
    const outside = [below && `below ${below}`, above && `above ${above}`].filter(Boolean);
    return `${low} to ${high}` + (outside.length > 0 ? `; hatched where nobody in the training was, ${list(outside, "and")}` : "");
  },
  /** Which drug leads where: pairs of drug and upper end. */
  course: (parts) => parts.map(([drug, end], index) =>
    `${index > 0 ? "then " : ""}${drug}${index < parts.length - 1 ? ` to ${end}` : ""}`).join(", "),
  curve: (field, course) => `The probability of each drug over ${field}: ${course}`,
  spoken: (value, unit, drug, share) => `${[value, unit].filter(Boolean).join(" ")}: ${drug} ${share}`,
  now: (share) => `with a probability of ${share}, if these were the values`,
  map: "Two numbers at once",
  mapHint: "The drug by colour and letter, paler where it is less sure. Press on the map to go there.",
  mapLabel: (x, y, drug) => `The likeliest drug over ${x}, from left to right, and ${y}, from below to above; here ${drug}.`,
  across: "From left to right",
  up: "From below to above",
  reset: "Back to the patient",
  take: "Take these values into the form",
};

const outcome = {
  signIn: "Sign in to record it",
  invite: "Clinicians who are signed in can record which drug was really given. It is what the model is judged by later.",
  forClinicians: "Recording which drug was really given needs the role clinician.",
  question: (drug) => `Was ${drug} given?`,
  agree: (drug) => `Yes, ${drug}`,
  override: "No, another",
  drug: "The drug that was given",
  reason: "The reason",
  chooseDrug: "Choose the drug that was given.",
  chooseReason: "Choose a reason.",
  save: "Record",
  cancel: "Back",
  reasons: {
    allergy: "Allergy",
    contraindication: "Contraindication",
    interaction: "Interaction with another drug",
    guideline: "Guideline",
    patient_choice: "The patient's choice",
    other: "Another reason",
  },
  toldBy: (user, time) => `Recorded by ${user}, ${time}.`,
  correct: "Correct it",
  recorded: (drug, agreed) =>
    agreed ? `Recorded: ${drug} was given, as recommended.` : `Recorded: ${drug} was given instead.`,
};

const table = {
  column: "Column",
  measurement: "Measurement",
  holds: "What it holds",
  maybe: "may be empty",
  orBoth: [" or ", " and "],
  preview: (name, size) => `${name}, ${size}: its first rows`,
  missing: (names) => `The first line does not name ${list(names, "or")}.`,
  missingTitle: "This table cannot be asked for",
  empty: "The file holds no row.",
  notText: "The file is not text, so it is not CSV.",
  tooLarge: "The file is larger than 256 MB. Split it, and ask for the parts.",
  ask: "Recommend for every row",
  choose: "Choose another",
  cancel: "Cancel",
  sending: (share) => `Sending: ${share}`,
  working: "The service answers row by row…",
  failed: "There is no answer",
  again: "Try again",
  cancelled: "Cancelled. Nothing was changed.",
  pick: "Pick the columns that hold them, or choose another table.",
  rematch: "Match columns and values",
  print: "Print",
  done: (rows, answered) =>
    rows === answered ? `${plural(rows, "row")} answered` : `${plural(rows, "row")}, ${count(answered)} of them answered`,
  answered: "Answered",
  answeredHint: "rows with a recommendation",
  review: "A person must look",
  reviewHint: "more than one drug remains",
  unlike: "Do not rely on",
  unlikeHint: "unlike the patients it was trained on",
  wrong: "Wrong rows",
  wrongHint: "not answered; each says what is wrong",
  kind: {
    wrong: (rows) => `Wrong rows (${count(rows)})`,
    unlike: (rows) => `Do not rely on (${count(rows)})`,
    review: (rows) => `A person must look (${count(rows)})`,
    sure: (rows) => `Only one drug fits (${count(rows)})`,
    differs: (rows) => `Another drug than the table's (${count(rows)})`,
  },
  marks: { wrong: "✕", unlike: "⚠", review: "?", sure: "✓" },
  doNotRely: (warnings) => `Do not rely on this: ${warnings}.`,
  show: "Show",
  every: (rows) => `All rows (${count(rows)})`,
  withDrug: "Recommended drug",
  everyDrug: "Every drug",
  ofDrug: (drug, rows) => `${drug} (${count(rows)})`,
  sight: "Keep in sight",
  earlier: "Earlier rows",
  later: "Later rows",
  shown: (from, to, all, isFirst) =>
    all === 0 ? "No row" : from === 1 && to === all ? plural(all, "row")
      : `Rows ${count(from)} to ${count(to)} of ${count(all)}${isFirst ? ", those to look at first" : ""}`,
  agreement: (column) => `Agreement with the column ${column}`,
  agreed: (agreed, compared, share, interval) =>
    `In ${count(agreed)} of ${plural(compared, "row")} the recommended drug is the one in the table (${share}; 95% interval ${interval}).`,
  others: (rows) => `${plural(rows, "row")} more ${rows === 1 ? "has" : "have"} none, or one that is not recommended here.`,
  agreementCaution: "Of rows that the model was trained on this tells little.",
  matrix: "Each row of the matrix is the drug in the table, each column the one that is recommended.",
  corner: ["in the table ↓", "said →"],
  byDrug: "Recommended drugs",
  renamed: (names) =>
    `Your table has columns that are called as the answer's are; those of the answer are ${names.join(", ")}.`,
  drug: "Drug",
  rows: "Rows",
  bar: "Bar",
  line: "Line",
  onLine: (line) => `line ${count(line)}`,
  says: "Recommendation",
  probability: "Probability",
  note: "To note",
  download: "Download the answered table",
  sampleName: "three-rows.csv",
  answeredName: (name) => `${name.replace(/\.csv$/i, "")}-answered.csv`,
};

const match = {
  answered: "This table was answered before",
  leaveOut: "Leave its earlier answers out, and put new ones in their place",
  title: "Match columns and values",
  hint: "Where your table calls something otherwise, pick what is what. It is sent, and comes back, in the words of the model; nothing of your file is changed.",
  noColumn: "– no column –",
  column: (number) => `column ${number}`,
  drug: "The drug in the table, to compare with",
  maybe: "if there is one",
  means: (value) => `“${value}” means`,
  unknown: "– not known: wrong rows –",
  otherDrug: "– another drug –",
  tooMany: (number) => `${count(number)} values are not known, which are too many to be picked for.`,
  pick: (title) => `Pick the column that holds ${title}.`,
  twice: (name) => `The column ${name} is picked twice.`,
  notUsed: (name) => `${name} (not used)`,
};

const model = {
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
  isFor: "What it is for",
  isNotFor: "What it is not for",
  limits: "What it does not know",
  historyColumns: ["Version", "Trained", "Read", "Held out", "Macro-F1", "Size", "Serve"],
  serve: "Serve this",
  serveIt: "Serve it nevertheless",
  serveThis: (version) => `Serve version ${version}`,
  older: "Show older versions",
  none_trained: "There is no model yet. Training one makes it appear here.",
  missing: (version) => `There is no version ${version}.`,
};

const inspection = {
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

const comparison = {
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

const retrain = {
  numbers: "numbers",
  read: (names) => `${first(names)} are read`,
  columns: (names) => `Up to 64 MB, with the columns ${list(names, "and")}. No names or numbers of people.`,
  dataset: (name, patients) => `${name} (${patients})`,
  notAdded: "The table was not added",
  nameRule: "Give it a name of small letters, digits and dashes, at most 40 and no dash first.",
  noFile: "Choose a CSV file.",
  wrongCell: ({ line, column, detail }) => `Line ${line}${column ? `, column ${column}` : ""}: ${detail}`,
  moreWrong: (number) => `and ${number} more`,
  adding: "Adding…",
  added: "The table was added",
  addedText: (name, patients) => `${name} holds ${patients}, and is chosen above.`,
  noJobs: "None yet.",
  earlier: "Table of earlier trainings",
  jobColumns: ["Started", "State", "Outcome", "By"],
  states: {
    running: "Running",
    succeeded: "Done",
    failed: "Failed",
    cancelled: "Cancelled",
  },
  stateKinds: { running: "accent", succeeded: "good", failed: "danger", cancelled: "" },
  outcome: (result) => {
    if (!result) return "–";
    return `${result.accuracy}, ${result.promoted ? "promoted" : "not promoted"}`;
  },
  nothing: "Nothing runs. Set the parameters, and train.",
  running: "A challenger is being trained",
  begunBy: (user, time, table, trees) => `Begun by ${user}, ${time}, on ${table} with ${trees}.`,
  notYours: "Yours has not begun",
  notYoursText: (user, time) =>
    `One training runs at a time, and ${user} began one at ${time}, perhaps in another window. It is shown here; train yours when it is over.`,
  progress: "Progress of the training",
  starting: "Starting…",
  cancel: "Cancel the training",
  stage: (number, stages, name) => `Step ${number} of ${stages}: ${name}`,
  stages: {
    load: "reading the table",
    prepare: "preparing the patients",
    "cross-validate": "cross-validating",
    train: "growing the trees",
    evaluate: "judging on held-out patients",
    compare: "comparing with the served model",
    save: "saving",
    activate: "promoting",
  },
  left: (time) => `About ${time} left`,
  silent: "The service does not answer at the moment. The training goes on; asking again…",
  signedOut: "You are signed out. The training goes on; sign in above to follow it.",
  lost: "This training cannot be shown",
  nothingChanged: "Nothing was changed.",
  stillServed: "The served model is the same as before.",
  again: "Train again",
  id: (id) => `Training ${id}`,
  promoted: "The challenger is served now",
  replaced: "The challenger was served, and is not any more",
  kept: "The champion stays",
  ready: "The challenger waits for a decision",
  same: "The challenger is the champion",
  judged: "What its training found",
  right: (version, accuracy) => `${version} is right for ${accuracy} of its held-out patients.`,
  forced: ({ comparison }) => (comparison.champion
    ? "It was promoted as you asked, whatever the comparison says."
    : "It was promoted as you asked. The model before cannot be compared with it."),
  scarce: "It is not promoted by itself: of drugs that are recommended now, the new table has few patients.",
  incomparable: (differences) => (differences
    ? "The served model cannot be compared with it: what differs stands below."
    : "The served model cannot be compared with it: it has other measurements or drugs, or cannot be read now."),
  figures: ({ mean, interval: [low, high] }) => {
    if (low > 0) return "On the same patients it is better than the champion, beyond what chance explains.";
    if (high < 0) return "On the same patients it is worse than the champion, beyond what chance explains.";
    if (Math.abs(mean) < 0.00005) return "On the same patients there is no difference between it and the champion.";
    return `On the same patients it scores slightly ${mean > 0 ? "higher" : "lower"} than the champion, which chance alone explains.`;
  },
  becomeWrong: (patients, right) =>
    `${patients} for whom the champion is right would be told a wrong drug${right > 0 ? `, and ${right} would become right` : ""}.`,
  becomeRight: (patients) => `${patients} more would be told the right drug, and nobody a wrong one.`,
  differs: "What differs from the champion",
  alreadyExisted: "The same settings on the same table gave the same model, byte for byte.",
  scores: "Champion against challenger",
  changes: "Whose drug changes",
  matrices: "Both confusion matrices",
  took: (time) => `Trained and compared in ${time}.`,
  card: "Its whole card",
  report: "Its report (HTML)",
  goBack: "Go back to the champion",
  keepNew: "Keep the challenger",
  promote: "Serve the challenger",
  promoteAnyway: "Serve it nevertheless",
  keepOld: "Keep the champion",
  keepsServing: (version) => `${version} is served as before. The other one is kept, and can be served later.`,
};

const promote = {
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

/** What a request was refused for. */
const refusals = {
  400: "malformed", 401: "not signed in", 403: "not allowed", 404: "no such address", 405: "wrong method", 409: "not now",
  413: "too large", 415: "another type", 422: "wrong values", 429: "too many", 500: "a fault", 503: "no room, log or model",
};

const parameterNames = {
  features: "Numbers are read",
  "n-estimators": "Trees",
  "max-leaf-nodes": "Leaves, at most",
  "max-features": "Columns tried",
  "min-samples-leaf": "Patients in a leaf, at least",
  smote: "SMOTE",
  "test-size": "Share held out",
  "random-state": "Seed",
  force: "Promoted in any case",
  promote: "Promoted unless worse",
  "include-outcomes": "With recorded outcomes",
  "cv-folds": "Folds",
  "cv-repeats": "Repeats",
  trials: "Trials, at most",
  search: "Searched",
  metric: "Looked for",
};

const runs = {
  all: "Table of all runs",
  none: "Nothing was tried yet.",
  older: "Show older runs",
  choosing: "Chosen",
  choose: (number) => `Choose run ${number}`,
  tooMany: (most) => `At most ${most} can stand side by side. Take one away first.`,
  number: (number) => `#${number}`,
  title: (number) => `Run ${number}`,
  columns: {
    number: "Run", started_at: "Began", user: "By", command: "What", dataset: "Table", cv_macro_f1: "CV macro-F1",
    cv_accuracy: "CV accuracy", test_accuracy: "Held-out accuracy", duration_s: "Took", state: "State",
  },
  metrics: {
    cv_log_loss: "CV log loss", test_accuracy: "Held-out accuracy", test_macro_f1: "Held-out macro-F1",
    test_log_loss: "Held-out log loss",
  },
  commands: { train: "Training", pipeline: "Training, every stage", retrain: "Retraining", optimize: "Search" },
  states: { running: "Running", succeeded: "Done", failed: "Failed", cancelled: "Cancelled", interrupted: "Interrupted" },
  stateKinds: { running: "accent", succeeded: "good", failed: "danger", interrupted: "danger" },
  parameters: parameterNames,
  compared: "What tells the chosen runs apart",
  comparing: (number) => `${number} runs side by side`,
  decided: "Decided differently",
  sameDecisions: "Nothing: they were decided alike.",
  cameOfIt: "What came of it",
  version: "Model",
  report: "Its report (HTML)",
  served: "Served then",
  serve: (version) => `Serve ${version}`,
  yes: "yes",
  no: "no",
  digest: "Digest of the table",
  error: "Why it ended",
  allParameters: "All that was decided",
  besideServed: "Beside the model served then",
  name: "Name",
  note: "Note",
  keep: "Keep name and note",
  kept: "Kept.",
  taken: "Taken away.",
  notedBy: (user, time) => `By ${user}, ${time}`,
};

const search = {
  title: (number) => `The search: ${number} trials`,
  legend: "A circle or line is a trial. The best is large and in colour; those given up early are hollow or dashed.",
  nothingVaries: "All trials had the same parameters.",
  score: "Score",
  parameter: "Against",
  scores: { macro_f1: "CV macro-F1", log_loss: "CV log loss" },
  trial: (number, score, parameters, isGivenUp) =>
    `Trial ${number}: ${score}${isGivenUp ? ", given up early" : ""}. ${parameters.join(", ")}.`,
  scatterLabel: (score, parameter, best, value, more) =>
    `${score} of each trial against ${parameter}. The best, ${more ? "the highest" : "the lowest"}, is ${best} at ${value}.`,
  coordinates: "All parameters at once",
  coordinatesHint: "Each line is a trial, from left to right through its parameters to its score.",
  coordinatesLabel: (number, names) => `${number} trials as lines through ${list(names, "and")} to the score. The numbers stand in the table below.`,
  table: "The trials as a table",
  number: "Trial",
  folds: "Folds",
  time: "Took",
  givenUp: (folds) => `${folds}, given up`,
};

const monitor = {
  needs: (number) => (number === 0 ? "Nothing needs you" : `${first(counted(number, "thing"))} ${number === 1 ? "needs" : "need"} you`),
  notAll: "Whether patients have changed is looked at once you sign in.",
  since: (time) => `Since ${time}.`,
  silence: "The service does not answer.",
  silenceAction: "See whether it runs, by ‘docker ps’ or ‘systemctl status drug-classifier’; the last lines of its output say why not.",
  mayBeOld: "What is shown below may be old. It is asked again by itself.",
  silent: "The service does not answer at the moment. Trying again; what is shown may be old.",
  updated: (time) => `As of ${time}`,
  hold: "Pause",
  goOn: "Go on",
  requests: "Requests, last hour",
  sinceStart: (total, start) => `${total} since ${start}`,
  errors: "Errors, last hour",
  refused: "Refused, last hour",
  refusedBy: (codes) => {
    const most = Object.entries(codes).filter(([code]) => code < 500).toSorted(([, one], [, other]) => other - one).slice(0, 2);
    return most.length === 0 ? "none since the start"
      : `since the start ${most.map(([code, number]) => `${count(number)} ${refusals[code] ?? `with ${code}`}`).join(", ")}`;
  },
  serverErrors: (number) => `${number} of the service itself since its start`,
  typical: "Typical answer",
  answersOf: (number) =>
    number === 0 ? "no answer yet" : `half of ${plural(number, "answer")} took no longer`,
  predictions: "Predictions",
  sinceStartOnly: (start) => `since ${start}`,
  reviewed: "Need review",
  reviewedOf: (all, share) => `of about ${all} predictions in the last day; ${share} since the start`,
  reviewForNamed: "told once you sign in",
  forNamed: "Sign in to see this",
  forNamedText: "Whoever sends patients could learn of the next from these figures, so they are told only to people with a name here.",
  signIn: "Sign in",
  atMost: (most, unit) => `The highest column: ${most} ${unit}`,
  aMinute: "a minute",
  anHour: "an hour",
  numbers: "The numbers",
  numbersOf: { traffic: "Requests by minute", drugs: "Recommended drugs by hour" },
  now: "now",
  hour: "Hour",
  trafficColumns: ["Minute", "Requests", "Refused", "Errors"],
  trafficKinds: ["answered", "refused", "errors"],
  event: (time, kind, number, version) => `${time} ${{
    process_started: number === 1 ? "a responder was started" : `${counted(number, "responder")} were started`,
    process_replaced: number === 1 ? "a responder ended and was replaced" : `${counted(number, "responder")} ended and were replaced`,
    model_changed: `model ${version} is served`,
  }[kind]}`,
  noTraffic: "No request in the last hour.",
  noPredictions: "No prediction yet.",
  noneYet: "no prediction yet",
  others: (number) => counted(number, "other"),
  noDrugs: (step) => `None to show: which drugs were recommended is told once ${step} predictions have come.`,
  asOfStep: (step) => `As of the last step of ${step} predictions, rounded to tens, so that no single patient shows.`,
  half: "Half of them",
  most: "95 of 100",
  nearlyAll: "99 of 100",
  share: "Answers",
  bar: "Bar",
  within: "Within",
  latencyCaption: (number) => `POST /predict, ${plural(number, "answer")} in the last hour`,
  tooFew: "Too few to say",
  outcomesNeeded: (number, needed) =>
    `${plural(number, "recorded outcome")}; from ${needed} on, the accuracy is shown. Record what was given on the prediction page.`,
  agreed: (agreed, outcomes) => `${agreed} of ${plural(outcomes, "recorded outcome")} agree with the recommendation.`,
  outcomesOfStep: (step) => `As of the last step of ${step} outcomes.`,
  interval: (low, high) => `With 95% confidence between ${low} and ${high}.`,
  patientsNeeded: (number, least) => (number < least
    ? `${plural(number, "recent patient")}; from ${least} on, they are compared.`
    : `There are ${plural(number, "recent patient")}, but no measurement is known of ${least} of them and of ${least} training rows.`),
  sample: (number) => `Compared: about ${plural(number, "recent patient")}, as of the last step.`,
  otherFields: (number) =>
    `Left out: up to ${plural(number, "recent patient")} of whom other fields were measured than this model asks for.`,
  driftTable: "Drift by measurement",
  driftColumns: ["Measurement", "Verdict", "Change", "p-value", "Statistic", "Test"],
  driftKinds: ["In training", "Recent"],
  effect: (size, value) => `${first(size)} (${value})`,
  change: (status, size, value) => `${status === "drift" ? "drift, a" : "a"} ${size} change (${value})`,
  effectText:
    "Change is the population stability index over the columns below: below 0.1 it is small, to 0.25 moderate, above " +
    "large (Siddiqi, Credit Risk Scorecards, 2006). Recent patients count in tens.",
  moreFields: (number) => `${counted(number, "further measurement")}`,
  otherLevels: "others",
  below: (end) => `below ${end}`,
  between: (start, end) => `${start} to ${end}`,
  from: (start) => `${start} or more`,
  tests: { ks: "Kolmogorov–Smirnov", chi2: "Chi-squared", fisher: "Fisher's exact" },
  drift: { ok: "Alike", drift: "Drift", too_few: "Too few", no_reference: "Not known" },
  noReference: "There is nothing to compare with",
  noReferenceText: "The served model's card does not tell of its training rows. A model that is trained now will.",
  version: "Version",
  trained: "Trained",
  loaded: "Served since",
  noModel: "No model is loaded",
  retraining: "Last retraining",
  never: "None yet",
  finished: "Finished",
  retrained: ({ state, promoted, model_version: version }) => {
    if (state !== "succeeded") return retrain.states[state] ?? state;
    return promoted ? `Done: ${version} was promoted` : `Done: ${version} was not promoted`;
  },
  log: "Prediction log",
  written: "Written",
  notWritten: {
    off: "Off",
    full: "Not written: full",
    not_writable: "Not written: no permission",
    corrupt: "Not written: damaged",
    other: "Not written",
  },
  disk: "Disk",
  enough: "Enough",
  low: "Low",
  free: (size, share) => `${size} free (${share})`,
  started: "Running since",
};

const lookup = {
  signIn: "Predictions are looked up by people with a name here. Sign in to go on.",
  empty: "Paste the id of a prediction.",
  unknown: "No prediction is kept under this id. It may be mistyped, or deleted.",
  review: "A person must look",
  noReview: "Only one drug fits",
  patient: "The patient",
  about: "The answer",
  id: "Id",
  answered: "Answered",
  by: "Asked by",
  notAsked: "not recorded: no name is asked for here",
  key: (name) => `a program, with the key ${name}`,
  version: "Model version",
  why: "Why",
  noReplay: "It is not known any more: the version that answered is not kept, or cannot be read.",
  unlike: "Unlike the patients it was trained on",
  same: "The version that answered was asked again now, and says the same.",
  notSame: "The version that answered says something else now",
  saysNow: (drug, share, isSameDrug) =>
    `${isSameDrug ? "Still" : "Now"} ${drug}, with ${share}. The files of the version, or the program, are not what they were.`,
  shares: "How sure",
  drug: "Drug",
  bar: "Bar",
  probability: "Probability",
  votes: "Votes",
  measurement: "Measurement",
  points: "Points",
  showNewest: "Show the newest",
  failed: "They cannot be shown",
  older: "Show older ones",
  again: "Ask again",
  all: "All",
  reviewLabel: "Review",
  reviews: [["yes", "A person must look"], ["no", "Only one drug fits"]],
  outcomeLabel: "What was given",
  outcomes: [["none", "Not recorded"], ["agreed", "As recommended"], ["other", "Another drug"]],
  shown: (shown, all) => `${plural(shown, "prediction")} of the ${all} that were asked for`,
  columns: ["When", "Recommendation", "Probability", "Review", "What was given", "Patient", "Model version"],
  list: "Table of the newest predictions",
  open: (time) => `Look up the prediction of ${time}`,
  asRecommended: "as recommended",
};

const about = {
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

export const texts = { ...common, description, form, session, states, home, answer, outcome, table, model, inspection, comparison, retrain, monitor, about, match, lookup, promote, runs, search, whatIf };
