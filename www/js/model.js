// The card of a model, the served one by default, and the history of all.

import { model, modelInspection, models, pause, Problem, sleep, Unavailable } from "./api.js";
import { bar, heatMap } from "./charts.js";
import { briefDifferences, differenceList, scoreTable } from "./comparison.js";
import { byId, facts, head, make, put, row, say } from "./dom.js";
import { isDrug200 } from "./drug200.js";
import { misses, showInspection, trees } from "./inspection.js";
import { editButton, labelsOf } from "./labels.js";
import { bytes, count, dayAndTime, interval, percent } from "./numbers.js";
import { afterwards, askToServe } from "./promote.js";
import { forRole } from "./roles.js";
import { described, drugName, titleOf, whenKnown } from "./schema.js";
import { session } from "./session.js";
import { showShadow } from "./shadow.js";
import { common, states as statesTexts } from "./texts/common.js";
import { comparison as comparisonTexts, model as words } from "./texts/models.js";

/** The version that the address names; without one it is the served version. */
let wanted = new URLSearchParams(location.search).get("version");
/** The served version, as far as is known. */
let champion = null;
/** The version that answers unseen, if there is one. */
let shadowed = null;

function showState(state, text) {
  byId("state").hidden = state === "ready";
  byId("state").dataset.state = state;
  say(byId("state"), text);
}

function showCard(found) {
  const { inspection, version, model_digest: digest, is_current: isCurrent, card, evaluation, comparison, differences } = found;
  const { imported } = card;
  put(byId("labels"), labelsOf(found), editButton(found, async () => {
    // The alias that the address named may be another's now.
    if (wanted) wanted = version;
    await reload();
    byId("labels").querySelector("button").focus();
  }));
  put(
    byId("badges"),
    make("span", { class: `badge ${isCurrent ? "good" : "caution"}` }, isCurrent ? words.served : words.notServed),
  );
  // Why bins do worse is told of drug200 alone.
  byId("why").hidden = !described() || !isDrug200(described());
  // Of a model that was not trained here, no patients are known that it had not seen.
  for (const id of ["figures", "sets-panel", "held", "measures", "inspection"]) byId(id).hidden = Boolean(imported);
  if (evaluation) {
    showScores(card, evaluation);
    const wrong = evaluation.samples - Math.round(evaluation.accuracy * evaluation.samples);
    put(byId("misses"), misses(version, wrong));
    showInspection(inspection, evaluation);
  }
  showPurpose(card);
  byId("trees").ontoggle = () => {
    put(byId("tree"), trees(version));
    byId("trees").ontoggle = null;
  };
  put(
    byId("facts"),
    facts([
      [words.version, make("span", { class: "mono" }, version)],
      ...(digest ? [[words.versionDigest, make("span", { class: "mono" }, digest)]] : []),
      ...(imported ? whereFrom(card) : howMade(card)),
    ]),
  );
  byId("comparison").hidden = !comparison;
  if (comparison) put(byId("comparison-body"), scoreTable(comparison));
  byId("differences").hidden = !differences;
  if (differences) put(byId("differences-body"), otherQuestions(version, differences));
  const address = `/models/${encodeURIComponent(version)}`;
  put(
    byId("files"),
    make("a", { class: "button", href: `${address}/report`, download: `${version}.html` }, words.files.report),
    ["forest.rf", "card.json", evaluation && "confusion_matrix.png", inspection && "inspection.json"].filter(Boolean).map((name) =>
      make("a", { class: "button", href: `${address}/${name}`, download: name }, words.files[name])),
  );
  put(byId("plots"), plotsOf(card, evaluation).map((name) =>
    make("li", {}, words.plots[name], ["svg", "png"].map((kind) =>
      [" ", make("a", { href: `${address}/plots/${name}.${kind}`, download: `${name}.${kind}` }, kind.toUpperCase())]))));
  byId("card").hidden = false;
}

/** The plots of its report that are of the whole model; its curves are drawn on this page. */
function plotsOf({ importances }, evaluation) {
  const { reliability, by_group: groups } = evaluation ?? {};
  return [
    evaluation && "confusion-matrix", reliability?.length > 0 && "reliability",
    Object.keys(groups ?? {}).length > 0 && "groups", importances && "importance",
  ].filter(Boolean);
}

/** What the card says that the model is for, and what it is not. */
function showPurpose({ purpose, not_for: notFor, limits = [] }) {
  byId("purpose").hidden = !purpose && !notFor && limits.length === 0;
  put(
    byId("purpose-body"),
    purpose && [make("h3", {}, words.isFor), make("p", {}, purpose)],
    notFor && [make("h3", {}, words.isNotFor), make("p", {}, notFor)],
    limits.length > 0 && [make("h3", {}, words.limits), make("ul", {}, limits.map((limit) => make("li", {}, limit)))],
  );
}

/** In what a version is other than the served one, beside the button that serves it. */
function otherQuestions(version, differences) {
  return [
    make("p", {}, differences.comparable ? comparisonTexts.samePatients : comparisonTexts.otherPatients),
    differenceList(differences),
    make("div", { class: "row" }, serveButton(version, words.serveIt, "differences-error")),
    make("p", { class: "error", role: "alert", id: "differences-error" }),
  ];
}

function serveButton(version, text, error) {
  return forRole("engineer", make("button", {
    type: "button", class: "button small", "aria-label": words.serveThis(version), onclick: () => serve(version, error),
  }, text));
}

function whereFrom({ imported, trained_at: time }) {
  return [
    [words.imported, dayAndTime(time)],
    [words.file, words.writtenBy(imported.format, imported.producer)],
    [words.fileDigest, make("span", { class: "mono" }, imported.sha256.slice(0, 16))],
    [words.trees, words.foldedTrees(count(imported.trees), imported.folded)],
    [words.knownOfTraining, words.nothingKnown],
  ];
}

function howMade({ trained_at: time, parameters, data, conformal }) {
  return [
    [words.trained, dayAndTime(time)],
    [words.trees, count(parameters.n_estimators)],
    [words.leaves, parameters.max_leaf_nodes === null ? words.noLimit : count(parameters.max_leaf_nodes)],
    [words.tried, words.columns(parameters.max_features)],
    [words.smote, parameters.apply_smote ? words.yes : words.no],
    [words.seed, count(parameters.random_state)],
    [words.patients, words.split(data.training_samples, data.test_samples)],
    [words.drugs, Object.entries(data.class_counts).map(([drug, number]) => `${drugName(drug)} ${number}`).join(", ")],
    [words.digest, make("span", { class: "mono" }, data.sha256.slice(0, 16))],
    [words.coverage, conformal ? percent(conformal.coverage) : words.none],
  ];
}

function showScores(card, evaluation) {
  const right = Math.round(evaluation.accuracy * evaluation.samples);
  put(
    byId("figures"),
    figure(words.heldOut, percent(evaluation.accuracy), words.right(right, evaluation.samples, interval(evaluation.accuracy, evaluation.samples))),
    figure(words.macroF1, evaluation.macro.f1.toFixed(3), words.macroF1Hint),
    crossValidated(card),
    figure(words.calibrationError, `${(evaluation.expected_calibration_error * 100).toFixed(1)}`, words.calibrationHint),
  );
  put(byId("sets"), setTable(card));
  put(
    byId("matrix"),
    heatMap(evaluation.confusion_matrix, evaluation.classes.map(drugName), {
      caption: words.matrix(evaluation.samples),
      corner: words.corner,
    }),
  );
  put(byId("classes"), classTable(evaluation), groupTable(evaluation));
  put(byId("importances"), importances(card.importances));
  put(byId("calibration"), calibration(evaluation));
}

function figure(name, value, hint) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value), make("dd", {}, hint));
}

function crossValidated({ feature_sets: sets, features }) {
  const validation = sets[features]?.cross_validation;
  if (!validation) return figure(words.crossValidation, "–", words.notDone);
  const { accuracy, folds, repeats, samples } = validation;
  // A model of an older program does not say how many patients they were.
  const reach = samples && interval(accuracy.mean, samples);
  return figure(words.crossValidation, percent(accuracy.mean), words.folds(folds, repeats, reach));
}

function setTable({ feature_sets: sets, features }) {
  const validated = (set, name) => {
    const spread = set.cross_validation?.[name];
    // A single repeat has no spread.
    const deviation = set.cross_validation?.repeats > 1 ? spread.standard_deviation.toFixed(3) : "–";
    return spread ? `${spread.mean.toFixed(3)} ± ${deviation}` : "–";
  };
  return make(
    "table",
    {},
    head(words.setColumns, ["", "end", "end", "end optional"]),
    make(
      "tbody",
      {},
      Object.entries(sets).map(([name, set]) =>
        row(
          [common.sets[name], name === features && [" ", make("span", { class: "badge accent" }, words.chosen)]],
          [percent(set.test_accuracy), validated(set, "accuracy"), validated(set, "macro_f1")],
          { classes: ["end", "end", "end optional"] },
        )),
    ),
  );
}

function classTable({ by_class: classes }) {
  return make(
    "table",
    {},
    make("caption", {}, words.classCaption),
    head(words.classColumns, ["", "end", "end", "end", "end"]),
    make(
      "tbody",
      {},
      Object.entries(classes).map(([drug, { precision, recall, f1, support }]) => {
        // Of a drug that nobody has nothing is known.
        const shown = support === 0 ? ["–", "–", "–"] : [percent(precision), percent(recall), f1.toFixed(3)];
        return row(make("bdi", {}, drugName(drug)), [...shown, count(support)], { classes: ["end", "end", "end", "end"] });
      }),
    ),
  );
}

/** How often it was right in each group, such as of women and of men, where reports are divided. */
function groupTable({ by_group: parts, by_sex: older }) {
  const group = described()?.group;
  const groups = Object.entries(parts ?? older ?? {});
  if (!group || groups.length === 0) return null;
  return make(
    "table",
    { class: "part" },
    head([make("bdi", {}, group.title), ...words.groupColumns], ["", "end", "end", "end"]),
    make(
      "tbody",
      {},
      groups.map(([value, { correct, samples, accuracy, interval }]) =>
        row(make("bdi", {}, group.category(value)?.title ?? value), [
          words.rightOf(count(correct), count(samples)), percent(accuracy), interval.map(percent).join(" – "),
        ], { classes: ["end", "end", "end"] })),
    ),
  );
}

function importances(shares) {
  const sorted = Object.entries(shares).sort((one, other) => other[1] - one[1]);
  return make(
    "table",
    { class: "bars" },
    head([words.measurement, words.bar, words.share], ["", "unseen", "end"]),
    make(
      "tbody",
      {},
      sorted.map(([name, share]) =>
        row(make("bdi", {}, titleOf(name)), [bar(share, "first"), percent(share)], { classes: ["draw", "end"] })),
    ),
  );
}

function calibration(evaluation) {
  return make(
    "table",
    {},
    head([words.score, words.value], ["", "end"]),
    make(
      "tbody",
      {},
      row([words.ece, make("p", { class: "hint" }, words.eceHint)],
        [`${(evaluation.expected_calibration_error * 100).toFixed(1)} ${words.points}`], { classes: ["end"] }),
      row([words.brier, make("p", { class: "hint" }, words.brierHint)],
        [evaluation.brier_score.toFixed(4)], { classes: ["end"] }),
      row([words.logLoss, make("p", { class: "hint" }, words.logLossHint)],
        [evaluation.log_loss.toFixed(4)], { classes: ["end"] }),
    ),
  );
}

function showHistory({ models: listed, next }, shownVersion) {
  byId("history").hidden = false;
  put(
    byId("older"),
    next && make("button", {
      type: "button", class: "button small", onclick: () => showOlder(listed, next, shownVersion),
    }, words.older),
  );
  put(
    byId("versions"),
    make(
      "table",
      {},
      head(words.historyColumns, ["", "", "", "end", "end", "end", "unseen"]),
      make(
        "tbody",
        {},
        listed.map((one) =>
          row(
            [make("a", { class: "mono", href: `?version=${one.version}`, "aria-current": one.version === shownVersion && "page" }, one.version),
              labelsOf(one, { isBrief: true })],
            [
              dayAndTime(one.trained_at),
              common.sets[one.features],
              one.test_accuracy === null ? "–" : percent(one.test_accuracy),
              one.cv_macro_f1 === null || one.cv_macro_f1 === undefined ? "–" : (one.cv_macro_f1.mean ?? one.cv_macro_f1).toFixed(3),
              bytes(one.size_bytes),
              one.version === shadowed && [make("span", { class: "badge accent" }, words.shadow), " "],
              one.is_current
                ? make("span", { class: "badge good" }, words.served)
                : [serveButton(one.version, words.serve, "history-error"),
                    one.differences && make("p", { class: "hint" }, briefDifferences(one.differences))],
            ],
            { classes: ["", "", "end", "end", "end", "end"], rowClass: one.is_current ? "current" : null },
          )),
      ),
    ),
  );
}

/** Adds the versions before those that are listed. */
async function showOlder(listed, address, shownVersion) {
  say(byId("history-error"), "");
  try {
    const more = await models(address);
    showHistory({ models: [...listed, ...more.models], next: more.next }, shownVersion);
  } catch (failure) {
    say(byId("history-error"), failure.message);
  }
}

/** Asks whether a version is to be the served one, and says what came of it. */
async function serve(version, error, isBack = false) {
  say(byId(error), "");
  const done = await askToServe({ version, champion, isBack });
  if (!done) return;
  try {
    history.replaceState(null, "", "/model.html");
    wanted = null;
    await load();
    put(byId("served"), afterwards(done, () => serve(done.previous, "history-error", true)));
    byId("served").scrollIntoView({ block: "center" });
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    say(byId(error), failure.message);
  }
}

/** Shows all as it is now. */
async function reload() {
  try {
    await load();
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    say(byId("history-error"), failure.message);
  }
}

/** How the version does unseen, or how the shadow does beside it. */
function tellOfShadow(version) {
  return showShadow(byId("shadow"), {
    version, current: shadowed, isServed: version === champion, onChange: load,
    serveButton: (one) => serveButton(one, words.serve, "history-error"),
  });
}

/** The card is worth showing without its curves. */
function goOnWithout(failure) {
  if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
  return null;
}

async function load() {
  const all = await models();
  champion = all.current;
  shadowed = all.shadow;
  let version = wanted ?? all.current;
  if (!version) {
    showState("no-model", words.none_trained);
    return;
  }
  try {
    const found = await model(version);
    version = found.version;
    // Versions of before it was kept have none.
    const inspection = found.files?.includes("inspection.json") ? await modelInspection(version).catch(goOnWithout) : null;
    showCard({ ...found, inspection });
    showState("ready", "");
    await tellOfShadow(version);
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    showState("no-model", words.missing(version));
  }
  showHistory(all, version);
}

session.addEventListener("change", () => {
  if (!byId("card").hidden && shadowed) tellOfShadow(wanted ?? champion);
});

await whenKnown();
for (;;) {
  try {
    await load();
    break;
  } catch (failure) {
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    showState("silent", statesTexts.silent);
    await sleep(pause);
  }
}
