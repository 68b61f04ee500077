// The running service: asked every ten seconds, calm when it does not answer.

import { monitoring, pause, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { showAttention, showSilence } from "./attention.js";
import { bar, columns, drugKinds, mark, swatch } from "./charts.js";
import { member } from "./description.js";
import { byId, facts, head, make, note, put, row } from "./dom.js";
import { showDrift } from "./drift.js";
import { besidePromise, showExpected, showNoExpected } from "./expected.js";
import { bytes, count, dayAndTime, duration, percent, time } from "./numbers.js";
import { drugName, schema, whenKnown } from "./schema.js";
import { askWho, session, user } from "./session.js";
import { monitor as words } from "./texts/monitor.js";

const interval = 10_000;
/** The same for a tab that nobody sees, whose title and icon tell all the same. */
const unseenInterval = 60_000;

/** The newest of the marks below a chart. */
const mostMarks = 4;
const trafficKinds = ["fill-accent", "fill-against", "fill-danger"];

let isHeld = false;
/** Ends the wait, when the page is seen again or goes on. */
let wake = () => {};

function show(state) {
  const { traffic, latency, predictions, step, accuracy, expected_accuracy: expected, drift, model, log, disk, attention, events } = state;
  byId("updated").textContent = words.updated(new Date(state.time).toLocaleTimeString("en-GB"));
  const lastHour = traffic.per_minute.reduce((sum, { requests }) => sum + requests, 0);
  const errors = traffic.per_minute.reduce((sum, { errors }) => sum + errors, 0);
  const refused = traffic.per_minute.reduce((sum, { refused }) => sum + refused, 0);
  const isNamed = predictions.by_drug !== null;
  showAttention(attention, isNamed);
  put(
    byId("figures"),
    figure(words.requests, count(lastHour), words.sinceStart(count(traffic.requests_total), dayAndTime(state.started_at))),
    figure(words.errors, count(errors), words.serverErrors(count(traffic.by_status["5xx"] ?? 0))),
    figure(words.refused, count(refused), words.refusedBy(traffic.refused_by_code)),
    figure(words.typical, known(latency.p50_s, duration), words.answersOf(latency.count)),
    figure(words.predictions, count(predictions.total), words.sinceStartOnly(dayAndTime(state.started_at))),
    reviewed(predictions, isNamed),
  );
  showTraffic(traffic, events);
  if (isNamed) showDrugs(predictions, step, events);
  showLatency(latency);
  showAccuracy(accuracy, step, model?.promised_accuracy);
  showExpected(model?.promised_accuracy, expected, accuracy);
  if (isNamed) showDrift(drift);
  else showNoPatients();
  showModel(model, state.last_retraining);
  showHealth(log, disk, state.started_at);
}

/** How many predictions of the last day needed review, as a rate. */
function reviewed({ per_hour: hours, needs_review: review, total }, isNamed) {
  if (!isNamed) return figure(words.reviewed, "–", words.reviewForNamed);
  const all = hours.reduce((sum, { by_drug: some }) => sum + sumOf(some, Object.keys(some)), 0);
  const some = hours.reduce((sum, { needs_review: number }) => sum + number, 0);
  const rate = (part, whole) => percent(Math.min(1, part / whole));
  return figure(words.reviewed, all > 0 ? rate(some, all) : "–",
    total > 0 ? words.reviewedOf(count(all), rate(review, total)) : words.noneYet);
}

/** Instead of figures of patients, for who has not signed in. What is there already is not made anew. */
function showNoPatients() {
  put(byId("drug-legend"));
  showNoExpected();
  for (const id of ["drugs", "drift", "expected"]) {
    if (byId(id).querySelector("[data-sign-in]")) continue;
    const button = make("button", {
      type: "button", class: "button small", "data-sign-in": true, onclick: () => askWho(),
    }, words.signIn);
    put(byId(id), note("", words.forNamed, words.forNamedText, make("p", {}, button)));
  }
}

const known = (value, inWords) => (value === null || value === undefined ? "–" : inWords(value));

function figure(name, value, hint) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value), make("dd", {}, hint));
}

/** A chart over time, with its numbers for whoever wants them. */
function timeline(place, { parts, kinds, first, last, names, rows, empty, unit, note: remark, events, start, period }) {
  // What somebody has opened stays open when the numbers are renewed.
  const isOpen = byId(place).querySelector("details")?.open ?? false;
  if (parts.every((part) => part.every((value) => value === 0))) {
    put(byId(place), make("p", { class: "quiet" }, empty));
    return;
  }
  const { chart, most } = columns(parts, kinds);
  const marks = marksOf(events, start, period, parts.length);
  chart.append(...marks.map(({ share, kind }) => mark(share, kind)));
  put(
    byId(place),
    make("p", { class: "quiet small" }, words.atMost(count(most), unit)),
    chart,
    make("p", { class: "ends" }, make("span", {}, first), make("span", {}, last)),
    marks.length > 0 && make("ul", { class: "marks", role: "list" }, marks.slice(-mostMarks).map(({ kind, text }) =>
      make("li", {}, make("svg", { class: "swatch", "aria-hidden": "true" }, mark(0.5, kind)), text))),
    remark && make("p", { class: "quiet small" }, remark),
    make(
      "details",
      { open: isOpen },
      make("summary", {}, words.numbers),
      make(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": words.numbersOf[place] },
        make("table", {}, head(names, ["", ...names.slice(1).map(() => "end")]), make("tbody", {}, rows)),
      ),
    ),
  );
}

/** Where a process or the model became another: those of one kind within a column are one. */
function marksOf(events, start, period, length) {
  const marks = new Map();
  for (const { time: moment, kind, model_version: version } of events) {
    const place = (new Date(moment) - new Date(start)) / (period * 1000);
    if (!(place >= 0 && place <= length)) continue;
    const key = `${kind} ${Math.floor(place)}`;
    const number = (marks.get(key)?.number ?? 0) + 1;
    marks.set(key, {
      number, share: place / length, kind: kind === "model_changed" ? "mark-model" : "mark-process",
      text: words.event(time(moment), kind, number, version),
    });
  }
  return [...marks.values()];
}

const numbersOf = (name, values) =>
  row(name, values.map(count), { classes: values.map(() => "end") });

function showTraffic({ per_minute: minutes }, events) {
  put(byId("traffic-legend"), words.trafficKinds.map((name, index) => make("li", {}, swatch(trafficKinds[index]), name)));
  timeline("traffic", {
    events,
    start: minutes[0]?.minute,
    period: 60,
    parts: minutes.map(({ requests, errors, refused }) => [Math.max(0, requests - errors - refused), refused, errors]),
    kinds: trafficKinds,
    first: time(minutes[0]?.minute ?? Date.now()),
    last: words.now,
    names: words.trafficColumns,
    rows: minutes
      .filter(({ requests }) => requests > 0)
      .map(({ minute, requests, errors, refused }) => numbersOf(time(minute), [requests, refused, errors])),
    empty: words.noTraffic,
    unit: words.aMinute,
  });
}

const sumOf = (numbers, drugs) => drugs.reduce((sum, drug) => sum + (member(numbers, drug) ?? 0), 0);

/** What has a colour of its own: each drug, or the most frequent ones and all others together. */
function partsOf(all) {
  const drugs = Object.keys(all);
  const own = drugKinds.length - 1;
  const frequent = drugs.length <= own ? drugs : drugs.toSorted((one, other) => all[other] - all[one]).slice(0, own);
  const others = drugs.filter((drug) => !frequent.includes(drug));
  const parts = drugs.filter((drug) => frequent.includes(drug)).map((drug) => ({ name: drugName(drug), drugs: [drug] }));
  if (others.length === 0) return parts;
  return [...parts, { name: others.length === 1 ? drugName(others[0]) : words.others(others.length), drugs: others }];
}

function showDrugs({ per_hour: hours, by_drug: all }, step, events) {
  const drugs = Object.keys(all);
  const parts = partsOf(all);
  put(
    byId("drug-legend"),
    parts.map(({ name, drugs }, index) =>
      make("li", {}, swatch(drugKinds[index]), make("bdi", {}, name), " ",
        make("span", { class: "number" }, count(sumOf(all, drugs))))),
  );
  const values = ({ by_drug: some }) => drugs.map((drug) => member(some, drug) ?? 0);
  timeline("drugs", {
    events,
    start: hours[0]?.hour,
    period: 3600,
    parts: hours.map(({ by_drug: some }) => parts.map(({ drugs }) => sumOf(some, drugs))),
    kinds: drugKinds,
    first: time(hours[0]?.hour ?? Date.now()),
    last: words.now,
    names: [words.hour, ...drugs.map(drugName), words.reviewed],
    rows: hours
      .filter((hour) => values(hour).some((value) => value > 0))
      .map((hour) => numbersOf(time(hour.hour), [...values(hour), hour.needs_review])),
    empty: words.noDrugs(step),
    unit: words.anHour,
    note: words.asOfStep(step),
  });
}

function showLatency(latency) {
  if (!latency.count) {
    put(byId("latency"), make("p", { class: "quiet" }, words.noPredictions));
    return;
  }
  const steps = [["p50_s", words.half], ["p95_s", words.most], ["p99_s", words.nearlyAll]];
  const limit = Math.max(...steps.map(([name]) => latency[name] ?? 0));
  put(
    byId("latency"),
    make(
      "table",
      { class: "bars" },
      make("caption", {}, words.latencyCaption(latency.count)),
      head([words.share, words.bar, words.within], ["", "unseen", "end"]),
      make(
        "tbody",
        {},
        steps.map(([name, label]) =>
          row(label, [bar(limit > 0 ? (latency[name] ?? 0) / limit : 0, "first"), known(latency[name], duration)], {
            classes: ["draw", "end"],
          })),
      ),
    ),
  );
}

function showAccuracy(accuracy, step, promise) {
  const { outcomes, agreed, needed } = accuracy;
  if (accuracy.accuracy === null || accuracy.accuracy === undefined) {
    put(byId("accuracy"), note("", words.tooFew, words.outcomesNeeded(outcomes, needed)));
    return;
  }
  const [low, high] = accuracy.interval;
  put(
    byId("accuracy"),
    make("p", { class: "large" }, percent(accuracy.accuracy)),
    make("p", {}, words.agreed(count(agreed), outcomes)),
    make("p", { class: "quiet small" }, words.interval(percent(low), percent(high))),
    besidePromise(accuracy.interval, promise),
    make("p", { class: "quiet small" }, words.outcomesOfStep(step)),
  );
}

function showModel(model, retraining) {
  const link = (version) =>
    make("a", { class: "mono", href: `/model.html?version=${version}` }, version);
  put(
    byId("model"),
    facts([
      ...(model?.version
        ? [
            [words.version, link(model.version)],
            [words.trained, dayAndTime(model.trained_at)],
            [words.loaded, dayAndTime(model.loaded_at)],
          ]
        : [[words.version, words.noModel]]),
      [words.retraining, retraining ? words.retrained(retraining) : words.never],
      ...(retraining?.finished_at ? [[words.finished, dayAndTime(retraining.finished_at)]] : []),
    ]),
  );
}

function showHealth(log, disk, started) {
  const good = log.status === "ok";
  put(
    byId("health"),
    facts([
      [words.log, [make("span", { class: `badge ${good ? "good" : "danger"}` }, good ? words.written : words.notWritten[log.status] ?? log.status),
        log.size_bytes !== null && ` ${bytes(log.size_bytes)}`]],
      disk && [words.disk, [make("span", { class: `badge ${disk.free_fraction > 0.1 ? "good" : "danger"}` },
        disk.free_fraction > 0.1 ? words.enough : words.low),
        ` ${words.free(bytes(disk.free_bytes), percent(disk.free_fraction))}`]],
      [words.started, dayAndTime(started)],
    ].filter(Boolean)),
  );
}

function wait(milliseconds) {
  const control = new AbortController();
  wake = () => control.abort();
  return sleep(milliseconds, control.signal);
}

byId("hold").addEventListener("click", () => {
  isHeld = !isHeld;
  byId("hold").setAttribute("aria-pressed", isHeld);
  byId("hold").textContent = isHeld ? words.goOn : words.hold;
  wake();
});
document.addEventListener("visibilitychange", () => wake());
session.addEventListener("change", () => {
  // Who leaves, leaves nothing to be seen.
  if (!user()) showNoPatients();
  wake();
});
byId("hold").disabled = false;
// What is shown is named anew.
schema.addEventListener("change", () => wake());
await whenKnown();

for (;;) {
  if (isHeld) {
    await wait(interval);
    continue;
  }
  try {
    show(await monitoring());
    byId("board").hidden = false;
    byId("board").classList.remove("old");
    await wait(document.hidden ? unseenInterval : interval);
  } catch (failure) {
    // Signed out, and asked again as anybody.
    if (failure instanceof SignedOut) continue;
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    byId("board").classList.add("old");
    showSilence();
    await wait(pause);
  }
}
