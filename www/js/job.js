// One training: followed while it runs, then its challenger beside the champion.

import { cancelJob, job, model, models, pause, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { changedPatients, differenceList, matrices, scoreTable } from "./comparison.js";
import { byId, make, note, put, say } from "./dom.js";
import { dayAndTime, duration, plural, time } from "./numbers.js";
import { afterwards, askToServe, changesOf, checksOf } from "./promote.js";
import { forRole } from "./roles.js";
import { signedIn } from "./signin.js";
import { retrain as words } from "./texts/retrain.js";

const place = byId("job");
const interval = 500;

/** The job that is shown; another takes its place at once. */
let shown;

/** Shows no job, and follows none any more. */
export function showNothing() {
  shown = undefined;
  put(place, make("p", { class: "quiet" }, words.nothing));
}

/**
 * Follows a job until it is over, through outages; resolves when another is followed, too. `isAnothers` is
 * that it runs in the place of one that was asked for.
 */
export async function follow(id, { again, isAnothers = false }) {
  shown = id;
  const view = progressView(id, isAnothers);
  put(place, view.element);
  while (shown === id) {
    try {
      const current = await signedIn(() => job(id));
      if (shown !== id) return;
      if (current.state !== "running") {
        await showEnd(current, again);
        return;
      }
      view.update(current);
      await sleep(interval);
    } catch (failure) {
      if (failure instanceof SignedOut) {
        view.pause(words.signedOut);
        return;
      }
      if (failure instanceof Problem) {
        put(place, note("danger", words.lost, failure.message));
        return;
      }
      if (!(failure instanceof Unavailable)) throw failure;
      view.pause(words.silent);
      await sleep(pause);
    }
  }
}

/** Who began a job, when, and on what. */
const begun = ({ user, started_at: start, parameters: { dataset, n_estimators: trees } }) =>
  words.begunBy(user, dayAndTime(start), dataset, plural(trees, "tree"));

function progressView(id, isAnothers) {
  const whose = make("p", { class: "quiet small" }, "");
  const refused = make("div", {});
  const meter = make("progress", { max: 1, value: 0, "aria-label": words.progress });
  const stage = make("p", {}, words.starting);
  const left = make("p", { class: "quiet small number" }, "");
  const cancel = forRole("engineer", make("button", { type: "button", class: "button" }, words.cancel));
  cancel.addEventListener("click", async () => {
    cancel.disabled = true;
    try {
      await signedIn(() => cancelJob(id));
    } catch (failure) {
      forRole("engineer", cancel);
      if (failure instanceof Unavailable) say(left, failure.message);
      else if (!(failure instanceof SignedOut || failure instanceof Problem)) throw failure;
    }
  });
  let told;
  return {
    element: [refused, make("h3", {}, words.running), whose, meter, stage, left, make("div", { class: "row" }, cancel)],
    update(current) {
      const { progress, user, started_at: start } = current;
      say(whose, begun(current));
      if (isAnothers && !refused.hasChildNodes()) {
        put(refused, note("caution", words.notYours, words.notYoursText(user, time(start))));
        say(byId("announcement"), words.notYours);
      }
      if (!progress) return;
      const { stage: name, stage_number: number, stages, fraction, seconds_left: seconds } = progress;
      if (fraction !== null && fraction !== undefined) meter.value = fraction;
      const text = words.stage(number, stages, words.stages[name] ?? name);
      say(stage, text);
      say(left, seconds === null || seconds === undefined ? "" : words.left(duration(seconds)));
      // Stages are read aloud, not each step of them.
      if (told !== text) say(byId("announcement"), text);
      told = text;
    },
    pause(text) {
      say(left, text);
    },
  };
}

async function showEnd(current, again) {
  const { id, state, error } = current;
  if (state === "succeeded") {
    await showResult(current);
    return;
  }
  const title = words.states[state];
  say(byId("announcement"), title);
  put(
    place,
    note(state === "cancelled" ? "" : "danger", title, error?.detail ?? words.nothingChanged, words.stillServed),
    make("div", { class: "row" },
      forRole("engineer", make("button", { type: "button", class: "button", onclick: again }, words.again))),
    make("p", { class: "hint" }, begun(current)),
    make("p", { class: "hint mono" }, words.id(id)),
  );
}

async function showResult(current) {
  const { result } = current;
  const { candidate, champion } = result.comparison;
  const changes = champion ? changesOf(result.changed) : null;
  const isServed = await isServedNow(result);
  const title = titleOf(result, isServed);
  say(byId("announcement"), title);
  const decision = make("div", {});
  const { differences } = result;
  put(
    place,
    note(kindOf(result, changes), title, ...verdict(result, changes)),
    differences && make("section", { class: "part" }, make("h3", {}, words.differs), differenceList(differences)),
    decision,
    make("section", { class: "part" }, make("h3", {}, words.scores), scoreTable(result.comparison, differences)),
    champion && make("section", { class: "part" }, make("h3", {}, words.changes), changedPatients(result.changed, changes)),
    make("section", { class: "part", id: "matrices" }),
    make("p", { class: "hint" }, begun(current), " ", words.took(duration(result.duration_s)), " ",
      make("a", { href: `/model.html?version=${candidate.version}` }, words.card), " · ",
      make("a", { href: `/models/${candidate.version}/report`, download: true }, words.report)),
  );
  showDecision(decision, result, isServed, kindOf(result, changes));
  try {
    const [old, fresh] = await Promise.all([champion && model(champion.version), model(candidate.version)]);
    put(byId("matrices"), make("h3", {}, words.matrices), matrices(old, fresh));
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    byId("matrices").remove();
  }
}

const isSame = ({ comparison: { candidate, champion } }) => candidate.version === champion?.version;

/** Whether the challenger is served now, whoever has decided that since. */
async function isServedNow({ promoted, model_version: version }) {
  try {
    return (await models()).current === version;
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    return promoted;
  }
}

function titleOf(result, isServed) {
  if (isSame(result)) return words.same;
  if (isServed) return words.promoted;
  if (result.promoted) return words.replaced;
  return result.parameters.promote === false ? words.ready : words.kept;
}

/** Praise is for what is better and takes a right drug from nobody; what is worse is told as that. */
function kindOf({ comparison, differences }, changes) {
  const { difference } = comparison;
  if (!difference || differences) return "caution";
  const [low, high] = difference.interval;
  if (high < 0 || changes.wrong > 0) return "caution";
  return low > 0 || (difference.mean >= 0 && changes.right > 0) ? "good" : "";
}

/** What is said of a result, in sentences. */
function verdict(result, changes) {
  const { accuracy, comparison, differences, forced, promoted, parameters, model_version: version } = result;
  const isScarce = differences?.drugs.some(({ change }) => change === "rare");
  return [
    words.right(version, accuracy),
    forced && words.forced(result),
    result.already_existed && words.alreadyExisted,
    comparison.difference && !isSame(result) && words.figures(comparison.difference),
    changes?.wrong > 0 && words.becomeWrong(plural(changes.wrong, "patient"), changes.right),
    changes?.right > 0 && changes.wrong === 0 && words.becomeRight(plural(changes.right, "patient")),
    comparison.champion && !promoted && isScarce && parameters.promote !== false && words.scarce,
    !comparison.champion && !promoted && words.incomparable(differences),
  ].filter(Boolean);
}

/** The choice that is left: serve what is not served, or go back to what was served before. */
function showDecision(element, result, isServed, kind) {
  const [candidate, champion] = [result.comparison.candidate.version, result.comparison.champion?.version];
  if (champion === candidate || (isServed && !champion)) return;
  const settle = (...content) => {
    const done = make("div", { class: "settled", tabindex: -1 }, content);
    put(element, done);
    say(byId("announcement"), done.querySelector("h3, p").textContent);
    done.focus();
  };
  const goTo = async (ask) => {
    const done = await askToServe(ask);
    if (!done) return;
    // What was said of who is served is over.
    say(place.querySelector("h3"), words.judged);
    settle(afterwards(done, () => goTo({ version: done.previous, champion: done.version, isBack: true })));
  };
  const act = forRole("engineer", make("button", { type: "button" },
    isServed ? words.goBack : kind === "caution" ? words.promoteAnyway : words.promote));
  act.addEventListener("click", () => goTo(isServed
    ? { version: champion, champion: candidate, isBack: true }
    : { version: candidate, champion, checks: checksOf(result) }));
  const leave = make("button", { type: "button" }, isServed ? words.keepNew : words.keepOld);
  leave.addEventListener("click", () => settle(make("p", {},
    isServed || champion ? words.keepsServing(isServed ? candidate : champion) : words.stillServed)));
  // Praised is what is better; what is there already is offered first in any other case.
  const isPraised = !isServed && kind === "good";
  for (const [button, isFirst] of [[act, isPraised], [leave, !isPraised]]) {
    button.className = isFirst ? "button primary" : "button";
  }
  put(element, make("div", { class: "row" }, isPraised ? [act, leave] : [leave, act]));
}
