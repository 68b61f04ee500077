// How often the model is right: what its card promised, what its probabilities expect of the recent patients, and
// what was recorded, beside each other and over time.

import { byId, head, make, note, put, row } from "./dom.js";
import { count, dayAndTime, percent } from "./numbers.js";
import { monitor as words } from "./texts/monitor.js";

/** With fewer outcomes a chunk shows no share. */
const leastOutcomes = 20;

/** Where an interval lies beside the promised one. */
function verdictOf(interval, promise) {
  if (!interval || !promise) return null;
  if (interval[1] < promise.interval[0]) return "below";
  return interval[0] > promise.interval[1] ? "above" : "within";
}

const between = (interval) => words.reach(...interval.map(percent));

const badge = (verdict) => verdict && make("p", {},
  make("span", { class: `badge ${{ below: "caution", within: "good" }[verdict] ?? ""}` }, words.beside[verdict]));

/** Where a recorded share lies beside the promised one, in words. */
export const besidePromise = (interval, promise) => badge(verdictOf(interval, promise));

/** For who has not signed in: neither estimates nor a chart of them. */
export function showNoExpected() {
  put(byId("expected-chart"));
}

export function showExpected(promise, expected, recorded) {
  showPromise(promise);
  if (!expected) return;
  const { accuracy, interval, predictions, verdict, chunks } = expected;
  const isUnseen = verdict !== "below" && verdictOf(recorded.interval, promise) === "below";
  put(
    byId("expected"),
    accuracy === null
      ? note("", words.tooFew, words.predictionsNeeded(predictions, expected.needed))
      : [
          make("p", { class: "large" }, percent(accuracy)),
          make("p", {}, words.expectedOf(predictions)),
          make("p", { class: "quiet small" }, between(interval)),
          badge(verdict),
          isUnseen && make("p", {}, words.unseen),
        ],
    make("p", { class: "quiet small" }, words.trust(promise, expected.keeps_its_word, expected.calibration_error)),
  );
  // What somebody has opened stays open when the numbers are renewed.
  const open = new Set([...byId("expected-chart").querySelectorAll("details[open]")].map(({ id }) => id));
  put(
    byId("expected-chart"),
    chunks.length > 0 && chart(chunks, promise),
    chunks.length > 0 && details("expected-numbers", words.numbers, open, table(chunks)),
    expected.other_versions.length > 0 && details("other-versions", words.otherVersions(expected.other_versions.length), open,
      make("ul", {}, expected.other_versions.map((other) => make("li", {}, make("span", { class: "mono" }, other.model_version), ": ",
        other.accuracy === null ? words.tooFewOf(other.predictions)
          : words.otherVersion(percent(other.accuracy), between(other.interval), other.predictions))))),
  );
}

function showPromise(promise) {
  put(byId("promised"), promise
    ? [
        make("p", { class: "large" }, percent(promise.accuracy)),
        make("p", {}, words.promisedBy[promise.from](count(promise.samples))),
        make("p", { class: "quiet small" }, words.interval(...promise.interval.map(percent))),
      ]
    : note("", words.noPromise, words.noPromiseText));
}

const details = (id, summary, open, content) =>
  make("details", { id, open: open.has(id) }, make("summary", {}, summary), content);

/** A whisker and a dot a chunk, a square for what was recorded, on the band of what was promised. */
function chart(chunks, promise) {
  const shareOf = ({ outcomes, agreed }) => (outcomes >= leastOutcomes ? agreed / outcomes : null);
  const lows = chunks.flatMap((chunk) => [chunk.interval[0], shareOf(chunk) ?? 1]);
  const least = Math.min(0.9, Math.floor(Math.min(...lows, promise?.interval[0] ?? 1) * 10) / 10);
  const y = (share) => `${4 + ((1 - share) / (1 - least)) * 92}%`;
  const step = 100 / chunks.length;
  const x = (place, shift = 0) => `${step * (place + 0.5 + shift)}%`;
  const line = (share) => [
    make("line", { class: "grid-line", x1: 0, x2: "100%", y1: y(share), y2: y(share) }),
    make("text", { class: "tick", x: -8, y: y(share), dy: "0.35em" }, `${Math.round(share * 100)}%`),
  ];
  const band = promise && make("rect", {
    class: "promised", width: "100%", y: y(promise.interval[1]),
    height: `${((promise.interval[1] - promise.interval[0]) / (1 - least)) * 92}%`,
  });
  const points = chunks.map((chunk, place) => make("g", {},
    make("title", {}, words.chunk(dayAndTime(chunk.from), percent(chunk.accuracy), between(chunk.interval), chunk.outcomes, chunk.agreed)),
    make("line", { class: "whisker", x1: x(place), x2: x(place), y1: y(chunk.interval[0]), y2: y(chunk.interval[1]) }),
    make("circle", { class: chunk.verdict === "below" ? "fill-danger" : "fill-accent", cx: x(place), cy: y(chunk.accuracy), r: 5 }),
    shareOf(chunk) !== null && square(x(place, 0.2), y(shareOf(chunk)))));
  const swatch = (...shapes) => make("svg", { class: "swatch", "aria-hidden": "true" }, shapes);
  return [
    make("ul", { class: "legend" }, [
      promise && [words.chunkKinds.promised, make("rect", { class: "promised", width: "100%", height: "100%" })],
      [words.chunkKinds.expected, make("circle", { class: "fill-accent", cx: "50%", cy: "50%", r: 5 })],
      chunks.some((chunk) => shareOf(chunk) !== null) && [words.chunkKinds.recorded, make("rect", { class: "fill-against", x: "10%", y: "10%", width: "80%", height: "80%" })],
    ].filter(Boolean).map(([name, shape]) => make("li", {}, swatch(shape), name))),
    make("svg", { class: "accuracy-chart", role: "img", "aria-label": words.chunkLabel(chunks.length, percent(chunks[0].accuracy), percent(chunks.at(-1).accuracy)) },
      band, [least, (1 + least) / 2, 1].map(line), points),
    make("p", { class: "ends" }, make("span", {}, dayAndTime(chunks[0].from)), make("span", {}, dayAndTime(chunks.at(-1).to))),
  ];
}

/** A square of ten pixels around a point in percent. */
const square = (x, y) => make("rect", { class: "fill-against recorded", x, y, width: 10, height: 10 });

function table(chunks) {
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.numbersOf.expected },
    make("table", {},
      head(words.chunkColumns, ["", "end", "end", "end"]),
      make("tbody", {}, chunks.map((chunk) => row(dayAndTime(chunk.from), [
        percent(chunk.accuracy), words.between(...chunk.interval.map(percent)),
        chunk.outcomes > 0 ? words.ofAll(count(chunk.agreed), count(chunk.outcomes)) : "–",
      ], { classes: ["end", "end", "end"] })))));
}
