// One training: followed while it runs, then its challenger beside the champion.

import { activate, cancelJob, job, model, pause, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { changedPatients, differenceList, matrices, scoreTable } from "./comparison.js";
import { byId, make, note, put, say } from "./dom.js";
import { duration } from "./numbers.js";
import { forRole } from "./roles.js";
import { signedIn } from "./signin.js";
import { texts } from "./texts.js";

const words = texts.retrain;
const place = byId("job");
const interval = 500;

/** The job that is shown; another takes its place at once. */
let shown;

/** Shows no job, and follows none any more. */
export function showNothing() {
  shown = undefined;
  put(place, make("p", { class: "quiet" }, words.nothing));
}

/** Follows a job until it is over, through outages; resolves when another is followed, too. */
export async function follow(id, { again }) {
  shown = id;
  const view = progressView(id);
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

function progressView(id) {
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
    element: [make("h3", {}, words.running), meter, stage, left, make("div", { class: "row" }, cancel)],
    update({ progress }) {
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

async function showEnd({ id, state, error, result }, again) {
  if (state === "succeeded") {
    await showResult(result);
    return;
  }
  const title = words.states[state];
  say(byId("announcement"), title);
  put(
    place,
    note(state === "cancelled" ? "" : "danger", title, error?.detail ?? words.nothingChanged, words.stillServed),
    make("div", { class: "row" },
      forRole("engineer", make("button", { type: "button", class: "button", onclick: again }, words.again))),
    make("p", { class: "hint mono" }, words.id(id)),
  );
}

async function showResult(result) {
  const { candidate, champion } = result.comparison;
  const title = result.promoted ? words.promoted : words.kept;
  say(byId("announcement"), title);
  const decision = make("div", {});
  const { differences } = result;
  put(
    place,
    note(result.promoted ? "good" : "caution", title,
      words.verdict(result), result.already_existed && words.alreadyExisted),
    differences && make("section", { class: "part" }, make("h3", {}, words.differs), differenceList(differences)),
    decision,
    make("section", { class: "part" }, make("h3", {}, words.scores), scoreTable(result.comparison, differences)),
    champion && make("section", { class: "part" }, make("h3", {}, words.changes), changedPatients(result.changed)),
    make("section", { class: "part", id: "matrices" }),
    make("p", { class: "hint" }, words.took(duration(result.duration_s)), " ",
      make("a", { href: `/model.html?version=${candidate.version}` }, words.card)),
  );
  showDecision(decision, result, candidate.version, champion?.version);
  try {
    const [old, fresh] = await Promise.all([champion && model(champion.version), model(candidate.version)]);
    put(byId("matrices"), make("h3", {}, words.matrices), matrices(old, fresh));
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    byId("matrices").remove();
  }
}

/** The choice that is left: promote what was not promoted, or go back to what was served before. */
function showDecision(element, { promoted }, candidate, champion) {
  if (champion === candidate || (promoted && !champion)) return;
  const target = promoted ? champion : candidate;
  const error = make("p", { class: "error", role: "alert" });
  const act = forRole("engineer", make("button", { type: "button", class: "button" },
    promoted ? words.goBack : words.promoteAnyway));
  const leave = make("button", { type: "button", class: "button primary" },
    promoted ? words.keepNew : words.keepOld);
  act.addEventListener("click", async () => {
    act.disabled = true;
    try {
      await signedIn(() => activate(target));
      settle(words.nowServed(target));
    } catch (failure) {
      forRole("engineer", act);
      if (failure instanceof SignedOut) return;
      say(error, failure.message);
    }
  });
  leave.addEventListener("click", () => settle(promoted || champion ? words.nowServed(promoted ? candidate : champion) : words.stillServed));
  const settle = (text) => {
    const done = make("p", { class: "state", "data-state": "ready", tabindex: -1 }, text);
    put(element, done);
    say(byId("announcement"), text);
    done.focus();
  };
  put(element, make("div", { class: "row" }, leave, act), error);
}
