// Two models side by side: the candidate and the one that is, or was, served.

import { heatMap, interval } from "./charts.js";
import { isolated, member } from "./description.js";
import { head, make, note, row } from "./dom.js";
import { count, plural, signed } from "./numbers.js";
import { described, drugName, spoken, titleOf } from "./schema.js";
import { common } from "./texts/common.js";
import { comparison as words, model as modelTexts } from "./texts/models.js";

/** Whether a difference is none, in so many digits as are shown. */
export const isZero = (mean) => Math.abs(mean) < 0.00005;

const scores = [
  ["macro_f1", 4, true],
  ["accuracy", 4, true],
  ["log_loss", 4, false],
];

/** The scores of both on the same held-out patients, and their difference with its interval. */
export function scoreTable(
  { candidate, champion, difference, folds, repeats, spread, same_data: sameData }, differences,
) {
  // One repeat has no spread, and comparisons of older programs have another one.
  const hasSpread = spread === "repeats" && repeats > 1;
  if (!champion) return [make("p", {}, differences ? words.otherQuestions : words.noChampion)];
  const limit = Math.max(0.01, Math.abs(difference.interval[0]), Math.abs(difference.interval[1])) * 1.1;
  const ends = [signed(-limit, 3), words.noDifference, signed(limit, 3)];
  return [
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.caption(folds, repeats, hasSpread) },
      make(
        "table",
        { class: "versus" },
        make("caption", {}, words.caption(folds, repeats, hasSpread)),
        head([words.score, words.champion, words.candidate], ["unseen", "end", "end"]),
        make(
          "tbody",
          {},
          row(words.version, [champion.version, candidate.version].map(mono), { classes: ["end", "end"] }),
          row(words.features, [champion, candidate].map(({ features }) => common.sets[features]), {
            classes: ["end", "end"],
          }),
          scores
            .filter(([name]) => champion[name] && candidate[name])
            .map(([name, digits, more]) => scoreRow(name, digits, more, champion, candidate, hasSpread)),
        ),
      )),
    make(
      "div",
      { class: "difference part" },
      make("h3", {}, words.difference),
      make("p", {}, words.differenceText(
        isZero(difference.mean) ? null : signed(difference.mean, 4),
        difference.interval.map((end) => signed(end, 4)),
        `${Math.round(difference.confidence * 100)}%`,
      ), " ", words.reading(difference)),
      interval(difference.mean, difference.interval, limit),
      make("p", { class: "ends" }, ends.map((end) => make("span", {}, end))),
      sameData === false && make("p", { class: "quiet small" }, words.otherData),
    ),
  ];
}

function scoreRow(name, digits, more, champion, candidate, hasSpread) {
  // What looks the same is no better.
  const [old, fresh] = [champion, candidate].map((one) => Number(one[name].mean.toFixed(digits)));
  const isBetter = (one, other) => (more ? one > other : one < other);
  const cell = ({ mean, standard_deviation: spread }) =>
    `${mean.toFixed(digits)} ± ${hasSpread ? spread.toFixed(digits) : "–"}`;
  return row(words.scores[name], [cell(champion[name]), cell(candidate[name])], {
    classes: [
      `end ${isBetter(old, fresh) ? "better" : ""}`,
      `end ${isBetter(fresh, old) ? "better" : ""}`,
    ],
  });
}

const mono = (text) => make("span", { class: "mono" }, text);

/** In what the questions and drugs of a model are other than those of the served one, or the one before it. */
export function differenceList({ fields, drugs, reordered, omitted }) {
  const about = (name, text) => make("li", {}, make("bdi", {}, name), `: ${text}`);
  return make(
    "ul",
    { class: "differences" },
    fields.map((field) => about(field.title, words.field[field.change](field))),
    drugs.map((drug) => about(drugName(drug.name), words.drug[drug.change](drug))),
    reordered && make("li", {}, words.reordered),
    omitted > 0 && make("li", {}, words.omitted(count(omitted))),
  );
}

/** The same in a line, by names alone. */
export function briefDifferences({ fields, drugs, reordered, omitted }) {
  const named = (list, change, name) => list.filter((one) => one.change === change).map(name);
  const parts = ["removed", "added", "changed"]
    .map((change) => [words.brief[change], named(fields, change, ({ title }) => isolated(title))]);
  parts.push(...["removed", "added", "rare"]
    .map((change) => [words.briefDrugs[change], named(drugs, change, ({ name }) => drugName(name))]));
  const told = parts.filter(([, names]) => names.length > 0).map(([text, names]) => text(names));
  if (reordered) told.push(words.reordered);
  if (omitted > 0) told.push(words.omitted(count(omitted)));
  return words.inALine(told);
}

/** Both confusion matrices, each on its own held-out patients. */
export function matrices(champion, candidate) {
  const half = (name, { version, evaluation }) =>
    make(
      "div",
      {},
      make("h3", {}, name),
      heatMap(evaluation.confusion_matrix, evaluation.classes.map(drugName), {
        caption: words.matrix(version, evaluation.samples),
        corner: modelTexts.corner,
      }),
    );
  return make(
    "div",
    { class: "pair" },
    champion?.evaluation && half(words.champion, champion),
    half(words.candidate, candidate),
  );
}

/**
 * The patients for whom the two recommend different drugs, and whether that is for the better; `changes` counts
 * them, also those that are not named.
 */
export function changedPatients({ documented, rows }, { all, right, wrong }) {
  if (documented.length + all === 0) return note("", words.noneChanged, words.noneChangedText);
  const fields = fieldsOf([...documented, ...rows]);
  return [
    make("p", {}, words.changedText(plural(documented.length + all, "patient"), right, wrong),
      all > rows.length && ` ${words.changedShown(count(rows.length))}`),
    make(
      "div",
      { class: "scroll changed", tabindex: 0, role: "region", "aria-label": words.changed },
      make(
        "table",
        {},
        head([...words.changedColumns, ...fields.map((name) => make("bdi", {}, titleOf(name)))]),
        make(
          "tbody",
          {},
          documented.map((one) => changedRow(words.documented, one, fields)),
          rows.map((one) => changedRow(count(one.row), one, fields)),
        ),
      ),
    ),
  ];
}

/** The fields of these patients in the order in which people give them; those that are not served come last. */
function fieldsOf(changed) {
  const names = new Set(changed.flatMap(({ patient }) => Object.keys(patient)));
  const served = (described()?.fields ?? []).map(({ name }) => name).filter((name) => names.has(name));
  return [...new Set([...served, ...names])];
}

function changedRow(name, { patient, actual, before, after }, fields) {
  const values = fields.map((field) => spoken(field, member(patient, field)));
  return row(name, [...[actual ?? "–", before, after].map(drugName), ...values], {
    rowClass: actual && before === actual ? "bad" : null,
  });
}
