// The running service: asked every ten seconds, calm when it does not answer.

import { monitoring, pause, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { bar, columns, drugKinds, swatch } from "./charts.js";
import { member } from "./description.js";
import { byId, facts, head, make, note, put, row, say } from "./dom.js";
import { bytes, count, dayAndTime, duration, percent, time } from "./numbers.js";
import { drugName, schema, titleOf, whenKnown } from "./schema.js";
import { askWho, session, user } from "./session.js";
import { texts } from "./texts.js";

const words = texts.monitor;
const interval = 10_000;

let isHeld = false;
/** Ends the wait, when the page is seen again or goes on. */
let wake = () => {};

function show(state) {
  const { traffic, latency, predictions, step, accuracy, drift, model, log, disk } = state;
  byId("updated").textContent = words.updated(new Date(state.time).toLocaleTimeString("en-GB"));
  const lastHour = traffic.per_minute.reduce((sum, { requests }) => sum + requests, 0);
  const errors = traffic.per_minute.reduce((sum, { errors }) => sum + errors, 0);
  const review = predictions.total > 0 ? predictions.needs_review / predictions.total : 0;
  const isNamed = predictions.by_drug !== null;
  put(
    byId("figures"),
    figure(words.requests, count(lastHour), words.sinceStart(count(traffic.requests_total), dayAndTime(state.started_at))),
    figure(words.errors, count(errors), words.serverErrors(count(traffic.by_status["5xx"] ?? 0))),
    figure(words.typical, known(latency.p50_s, duration), words.answersOf(latency.count)),
    figure(words.predictions, count(predictions.total),
      isNamed ? words.review(percent(review)) : words.reviewForNamed),
  );
  showTraffic(traffic);
  if (isNamed) showDrugs(predictions, step);
  showLatency(latency);
  showAccuracy(accuracy, step);
  if (isNamed) showDrift(drift);
  else showNoPatients();
  showModel(model, state.last_retraining);
  showHealth(log, disk, state.started_at);
}

/** Instead of figures of patients, for who has not signed in. What is there already is not made anew. */
function showNoPatients() {
  put(byId("drug-legend"));
  for (const id of ["drugs", "drift"]) {
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
function timeline(place, { parts, kinds, first, last, names, rows, empty, unit, note: remark }) {
  // What somebody has opened stays open when the numbers are renewed.
  const isOpen = byId(place).querySelector("details")?.open ?? false;
  if (parts.every((part) => part.every((value) => value === 0))) {
    put(byId(place), make("p", { class: "quiet" }, empty));
    return;
  }
  const { chart, most } = columns(parts, kinds);
  put(
    byId(place),
    make("p", { class: "quiet small" }, words.atMost(count(most), unit)),
    chart,
    make("p", { class: "ends" }, make("span", {}, first), make("span", {}, last)),
    remark && make("p", { class: "quiet small" }, remark),
    make(
      "details",
      { open: isOpen },
      make("summary", {}, words.numbers),
      make(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": words.numbers },
        make("table", {}, head(names, ["", ...names.slice(1).map(() => "end")]), make("tbody", {}, rows)),
      ),
    ),
  );
}

const numbersOf = (name, values) =>
  row(name, values.map(count), { classes: values.map(() => "end") });

function showTraffic({ per_minute: minutes }) {
  timeline("traffic", {
    parts: minutes.map(({ requests, errors }) => [requests - errors, errors]),
    kinds: ["fill-accent", "fill-danger"],
    first: time(minutes[0]?.minute ?? Date.now()),
    last: words.now,
    names: words.trafficColumns,
    rows: minutes
      .filter(({ requests }) => requests > 0)
      .map(({ minute, requests, errors }) => numbersOf(time(minute), [requests, errors])),
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

function showDrugs({ per_hour: hours, by_drug: all }, step) {
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
    parts: hours.map(({ by_drug: some }) => parts.map(({ drugs }) => sumOf(some, drugs))),
    kinds: drugKinds,
    first: time(hours[0]?.hour ?? Date.now()),
    last: words.now,
    names: [words.hour, ...drugs.map(drugName)],
    rows: hours
      .filter((hour) => values(hour).some((value) => value > 0))
      .map((hour) => numbersOf(time(hour.hour), values(hour))),
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

function showAccuracy(accuracy, step) {
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
    make("p", { class: "quiet small" }, words.outcomesOfStep(step)),
  );
}

function showDrift({ sample_size: size, other_fields: others, least, features }) {
  const all = (wanted) => features.every(({ status }) => status === wanted);
  let told = make("p", {}, words.sample(size));
  if (features.length > 0 && all("no_reference")) told = note("", words.noReference, words.noReferenceText);
  else if (all("too_few")) told = note("", words.tooFew, words.patientsNeeded(size, least));
  put(
    byId("drift"),
    told,
    others > 0 && make("p", { class: "quiet small" }, words.otherFields(others)),
    features.length > 0 && make(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": words.driftTable },
      make(
        "table",
        {},
        head(words.driftColumns, ["", "", "end", "end optional", "optional"]),
        make("tbody", {}, features.map(driftRow)),
      ),
    ),
  );
}

function driftRow({ feature, test, statistic, p_value: p, status }) {
  const kind = { ok: "good", drift: "caution", too_few: "" }[status] ?? "";
  return row(
    make("bdi", {}, titleOf(feature)),
    [
      make("span", { class: `badge ${kind}` }, words.drift[status] ?? status),
      known(p, (value) => (value < 0.001 ? "< 0.001" : value.toFixed(3))),
      known(statistic, (value) => value.toFixed(3)),
      words.tests[test] ?? test,
    ],
    { classes: ["", "end", "end optional", "optional"] },
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

function showState(state) {
  byId("state").hidden = state === "ready";
  byId("state").dataset.state = state;
  byId("board").classList.toggle("old", state !== "ready");
  say(byId("state"), state === "ready" ? "" : words.silent);
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
  if (isHeld || document.hidden) {
    await wait(interval);
    continue;
  }
  try {
    show(await monitoring());
    byId("board").hidden = false;
    showState("ready");
    await wait(interval);
  } catch (failure) {
    // Signed out, and asked again as anybody.
    if (failure instanceof SignedOut) continue;
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    showState("silent");
    await wait(pause);
  }
}
