// Whether the recent patients are like those of the training: a verdict for each measurement, those that
// drift first, and both distributions beside each other.

import { pairs, swatch } from "./charts.js";
import { byId, head, make, note, put, row } from "./dom.js";
import { percent, plain, plural } from "./numbers.js";
import { spoken, titleOf } from "./schema.js";
import { monitor as words } from "./texts/monitor.js";

/** Up to so many measurements are drawn at once; those that drift always are. */
const most = 6;
const kinds = ["fill-other", "fill-accent"];

export function showDrift({ sample_size: size, other_fields: others, least, features }) {
  const all = (wanted) => features.every(({ status }) => status === wanted);
  let told = make("p", {}, words.sample(size));
  if (features.length > 0 && all("no_reference")) told = note("", words.noReference, words.noReferenceText);
  else if (all("too_few")) told = note("", words.tooFew, words.patientsNeeded(size, least));
  const rank = ({ status, effect }) => (status === "drift" ? 1e9 : 0) + (effect ?? -1);
  const sorted = features.toSorted((one, other) => rank(other) - rank(one));
  const drawn = sorted.filter(({ histogram }) => histogram);
  const drifting = drawn.filter(({ status }) => status === "drift").length;
  const first = drawn.slice(0, Math.max(most, drifting));
  // What somebody has opened stays open when the numbers are renewed.
  const open = new Set([...byId("drift").querySelectorAll("details[open]")].map(({ id }) => id));
  put(
    byId("drift"),
    told,
    others > 0 && make("p", { class: "quiet small" }, words.otherFields(others)),
    features.length > 0 && table(sorted),
    first.length > 0 && [
      make("p", { class: "quiet small prose" }, words.effectText),
      make("ul", { class: "legend" },
        words.driftKinds.map((name, index) => make("li", {}, swatch(kinds[index]), name))),
      grid(first, open),
    ],
    drawn.length > first.length && make(
      "details",
      { id: "more-histograms", open: open.has("more-histograms") },
      make("summary", {}, words.moreFields(drawn.length - first.length)),
      grid(drawn.slice(first.length), open),
    ),
  );
}

function table(features) {
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": words.driftTable },
    make(
      "table",
      {},
      head(words.driftColumns, ["", "", "", "end", "end optional", "optional"]),
      make("tbody", {}, features.map(driftRow)),
    ),
  );
}

const known = (value, inWords) => (value === null || value === undefined ? "–" : inWords(value));

function driftRow({ feature, test, statistic, p_value: p, status, effect, effect_size: size }) {
  const kind = { ok: "good", drift: "caution", too_few: "" }[status] ?? "";
  return row(
    make("bdi", {}, titleOf(feature)),
    [
      make("span", { class: `badge ${kind}` }, words.drift[status] ?? status),
      known(effect, (value) => words.effect(size, value.toFixed(2))),
      known(p, (value) => (value <= 0.001 ? "≤ 0.001" : value.toFixed(3))),
      known(statistic, (value) => value.toFixed(3)),
      words.tests[test] ?? test,
    ],
    { classes: ["", "", "end", "end optional", "optional"] },
  );
}

const grid = (features, open) => make("div", { class: "histograms" }, features.map((feature) => figure(feature, open)));

function figure({ feature, histogram, effect, effect_size: size, status }, open) {
  const shares = [histogram.training, histogram.recent].map(sharesOf);
  const names = binsOf(feature, histogram);
  const isNumber = histogram.levels.length === 0;
  // Categories stand below their bins as long as they find room.
  const named = isNumber || names.length > 4 ? [names[0], names.at(-1)] : names;
  const id = `histogram-${feature}`;
  return make(
    "figure",
    {},
    make("figcaption", {}, make("bdi", {}, titleOf(feature)), " ",
      make("span", { class: "quiet small" }, words.change(status, size, effect.toFixed(2)))),
    pairs(shares, kinds),
    make("p", { class: named === names ? "ends levels" : "ends" }, named.map((name) => make("span", {}, make("bdi", {}, name)))),
    make(
      "details",
      { id, open: open.has(id) },
      make("summary", {}, words.numbers),
      make(
        "table",
        {},
        head([titleOf(feature), ...words.driftKinds], ["", "end", "end"]),
        make("tbody", {}, names.map((name, bin) =>
          row(make("bdi", {}, name), shares.map((all) => percent(all[bin])), { classes: ["end", "end"] }))),
      ),
    ),
  );
}

function sharesOf(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total > 0 ? count / total : 0));
}

function binsOf(feature, { bounds, levels }) {
  if (levels.length > 0) return levels.map((level) => (level === null ? words.otherLevels : spoken(feature, level)));
  const ends = bounds.map(plain);
  return [words.below(ends[0]), ...ends.slice(1).map((end, place) => words.between(ends[place], end)), words.from(ends.at(-1))];
}
