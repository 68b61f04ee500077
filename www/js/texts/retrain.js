// Texts of the page Retrain.

import { list } from "../numbers.js";
import { first, jobStates } from "./common.js";

export const retrain = {
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
  states: jobStates,
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
