// The version that answers the same patients unseen, beside the one that is served.

import { beginShadow, endShadow, Problem, shadow, shadowDisagreements, SignedOut, Unavailable } from "./api.js";
import { head, make, note, put, row, say } from "./dom.js";
import { count, day, dayAndTime, duration, percent, plural } from "./numbers.js";
import { forRole, may } from "./roles.js";
import { drugName } from "./schema.js";
import { user } from "./session.js";
import { signedIn, signIn } from "./signin.js";
import { shadow as words } from "./texts/models.js";

/** So many of the newest days are drawn. */
const shownDays = 31;
const kinds = { waiting: "caution", running: "good", failed: "danger", served: "accent" };

/**
 * What is to be looked at of a shadow before it is served, as promotion tells it: `{kind, name, text}`. None while
 * it has answered nobody.
 */
export function shadowCheck({ comparison }) {
  if (!comparison?.answered) return null;
  const { outcomes } = comparison;
  const judged = outcomes && outcomes.count >= outcomes.needed;
  const isWorse = judged && outcomes.shadow.interval[1] < outcomes.champion.share;
  const text = [shareText(comparison), judged && words.judged(count(outcomes.count), count(outcomes.shadow.count), count(outcomes.champion.count))];
  return {
    kind: isWorse ? "danger" : comparison.changed.count > 0 ? "caution" : "good", name: words.check,
    text: text.filter(Boolean).join(" "), isUnseen: true,
  };
}

function shareText({ answered, changed }) {
  const patients = plural(answered, "patient");
  return changed.count === 0
    ? words.nobody(patients, percent(changed.interval[1]))
    : words.changed(count(changed.count), patients, percent(changed.share), changed.interval.map(percent));
}

/**
 * Fills a panel about a version: how it does when it is the shadow, and else a button that makes it one. `current` is
 * the shadow that there is; `onChange` is called when there is another or none.
 */
export async function showShadow(panel, { version, current, isServed, serveButton, onChange }) {
  // Of the served one, the shadow that answers beside it.
  const shown = isServed ? current : version;
  panel.hidden = !shown;
  if (!shown) return;
  const body = make("div", {});
  const error = make("p", { class: "error", role: "alert" });
  put(panel, make("h2", { id: "shadow-title" }, words.title), body, error);
  const act = (action) => async () => {
    say(error, "");
    try {
      await signedIn(action);
      await onChange();
    } catch (failure) {
      if (!(failure instanceof SignedOut)) say(error, failure.message);
    }
  };
  if (shown !== current) {
    put(body,
      make("p", { class: "prose" }, words.what, current && ` ${words.insteadOf(current)}`),
      forRole("engineer", make("button", { type: "button", class: "button", onclick: act(() => beginShadow(version)) }, words.begin)));
    return;
  }
  const load = async () => {
    say(error, "");
    try {
      put(body, comparisonOf(await signedIn(() => shadow(shown), words.signIn), {
        isServed, serveButton, again: load, end: act(() => endShadow(shown)), error,
      }));
    } catch (failure) {
      if (!(failure instanceof SignedOut || failure instanceof Problem || failure instanceof Unavailable)) throw failure;
      if (!(failure instanceof SignedOut)) say(error, failure.message);
    }
  };
  if (user()) return load();
  put(body,
    make("p", { class: "prose" }, isServed ? words.beside(shown) : words.isShadow),
    make("button", { type: "button", class: "button", onclick: () => signIn(words.signIn) }, words.show));
}

function comparisonOf({ version, since, status, reason, comparison }, { isServed, serveButton, again, end, error }) {
  const answered = comparison?.answered ?? 0;
  const hint = make("p", { class: "hint", role: "status" }, words.endHint);
  // What was compared cannot be had again, so that it takes two clicks.
  let isSure = false;
  const endButton = forRole("engineer", make("button", {
    type: "button", class: "button small", onclick: () => (isSure ? end() : ((isSure = true), say(endButton, words.endSure), say(hint, words.endSureHint))),
  }, words.end));
  return [
    make("div", { class: "verdict-line" },
      make("span", { class: `badge ${kinds[status]}` }, words.status[status]),
      make("span", {}, isServed && [make("a", { class: "mono", href: `?version=${version}` }, version), " "], words.since(dayAndTime(since)))),
    status === "failed" && note("danger", words.failed, words.failedText(reason)),
    status === "served" && make("p", { class: "prose" }, words.servedText),
    answered === 0 && comparison?.left_out > 0 && note("caution", words.otherFields, words.otherFieldsText(plural(comparison.left_out, "patient"))),
    answered === 0 && !comparison?.left_out && status !== "failed" && make("p", {}, words.none),
    answered > 0 && [
      make("p", { class: "shadow-share" }, shareText(comparison)),
      make("div", { class: "columns two" },
        make("div", {}, make("h3", {}, words.byDay), daysChart(comparison.days.slice(-shownDays))),
        make("div", {}, make("h3", {}, words.sides), sides(comparison))),
      changes(comparison.changes),
      comparison.left_out > 0 && make("p", { class: "quiet small" }, words.leftOut(plural(comparison.left_out, "patient"))),
      comparison.behind > 0 && make("p", { class: "quiet small" }, words.behind(plural(comparison.behind, "prediction"))),
      whom(version, comparison, error),
    ],
    make("div", { class: "row" },
      make("button", { type: "button", class: "button small", onclick: again }, words.again),
      serveButton && status !== "served" && serveButton(version),
      endButton),
    hint,
  ];
}

/** The share of each day with its interval: long lines are days of few patients. */
function daysChart(days) {
  const most = Math.min(1, Math.max(0.01, ...days.map(({ changed }) => changed.share ?? 0)) * 2);
  const height = (share) => `${100 - (Math.min(share, most) / most) * 96}%`;
  const place = (index) => `${((index + 0.5) / days.length) * 100}%`;
  const label = words.chart(days.length, day(days[0].day), day(days.at(-1).day), percent(days.at(-1).changed.share ?? 0));
  return [
    make("div", { class: "framed" },
      make("div", { class: "upright", "aria-hidden": "true" }, [most, most / 2, 0].map((share) => make("span", {}, percent(share)))),
      make("svg", { class: "plot days", role: "img", "aria-label": label },
        [4, 52, 100].map((y) => make("line", { class: "grid-line", x1: 0, x2: "100%", y1: `${y}%`, y2: `${y}%` })),
        days.map(({ day: date, answered, changed }, index) => changed.share !== null && make("g", {},
          make("title", {}, words.point(day(date), count(changed.count), plural(answered, "patient"))),
          make("line", { class: "whisker", x1: place(index), x2: place(index), y1: height(changed.interval[1]), y2: height(changed.interval[0]) }),
          make("circle", { class: "middle", cx: place(index), cy: height(changed.share), r: 4 })))),
      make("div", { class: "level", "aria-hidden": "true" }, make("span", {}, day(days[0].day)), days.length > 1 && make("span", {}, day(days.at(-1).day)))),
    make("p", { class: "quiet small" }, words.chartHint),
    make("details", {}, make("summary", {}, words.numbers),
      make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.numbers },
        make("table", {},
          head(words.dayColumns, ["", "end", "end", "end", "end"]),
          make("tbody", {}, days.toReversed().map(({ day: date, answered, changed, sets_changed: sets }) => row(day(date),
            [count(answered), count(changed.count), changed.share === null ? "–" : percent(changed.share), count(sets)],
            { classes: ["end", "end", "end", "end"] })))))),
  ];
}

function sides({ answered, needs_review: review, probability, set_size: size, seconds, outcomes, champions }) {
  const pair = (name, of, text) => of && row(name, [of.champion, of.shadow].map(text), { classes: ["end", "end"] });
  const judged = outcomes && outcomes.count >= outcomes.needed;
  const right = ({ count: number, share }) => `${percent(share)} (${count(number)})`;
  return [
    make("table", { class: "versus" },
      head([words.figure, words.champion, words.shadow], ["unseen", "end", "end"]),
      make("tbody", {},
        judged && row(words.right(count(outcomes.count)), [outcomes.champion, outcomes.shadow].map(right), { classes: ["end", "end"] }),
        pair(words.probability, probability, percent),
        pair(words.review, review, (number) => percent(number / answered)),
        pair(words.sets, size, (mean) => mean.toFixed(2)),
        pair(words.time, seconds, (mean) => (mean < 0.001 ? words.microseconds((mean * 1e6).toFixed(1)) : duration(mean))))),
    make("p", { class: "quiet small" },
      judged
        ? words.outcomes(plural(outcomes.only_champion, "patient"), plural(outcomes.only_shadow, "patient"))
        : words.fewOutcomes(count(outcomes?.count ?? 0), outcomes?.needed),
      champions.length > 1 && ` ${words.champions(champions.length)}`),
  ];
}

function changes(all) {
  if (all.length === 0) return null;
  return make("p", { class: "changes" }, words.fromTo, " ",
    all.slice(0, 6).map(({ champion, shadow: other, count: number }, index) => [
      index > 0 && " · ", make("bdi", {}, drugName(champion)), " → ", make("bdi", {}, drugName(other)), ` ${count(number)}`]),
    all.length > 6 && ` · ${words.more(all.length - 6)}`);
}

/** A button for who may see them, and behind it the predictions that would have been others. */
function whom(version, { changed }, error) {
  if (changed.count === 0) return null;
  const place = make("div", {});
  const found = [];
  const button = make("button", { type: "button", class: "button small" }, words.whom);
  button.disabled = !may("engineer", "auditor");
  if (button.disabled) button.title = words.whomNeeds;
  let next;
  async function more() {
    say(error, "");
    button.hidden = true;
    try {
      const page = await signedIn(() => shadowDisagreements(version, next));
      found.push(...page.disagreements);
      next = page.next;
      put(place, table(found), next && make("button", { type: "button", class: "button small", onclick: more }, words.older));
    } catch (failure) {
      button.hidden = false;
      if (!(failure instanceof SignedOut)) say(error, failure.message);
    }
  }
  button.addEventListener("click", more);
  return make("div", { class: "part" }, button, place);
}

function table(found) {
  const said = ({ prediction, probability, prediction_set: set }) => [
    make("bdi", {}, drugName(prediction)), ` ${percent(probability)}`,
    set.length > 1 && make("span", { class: "quiet small" }, ` ${words.orElse(set.filter((drug) => drug !== prediction).map(drugName).join(", "))}`)];
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.whomLabel },
    make("table", {},
      head(words.whomColumns),
      make("tbody", {}, found.map(({ id, time, champion, shadow: other }) => row(dayAndTime(time), [
        said(champion), said(other),
        make("a", { class: "mono", href: `/lookup.html?id=${encodeURIComponent(id)}` }, id.slice(0, 12))])))));
}
