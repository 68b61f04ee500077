// Retraining: parameters, a job that is followed, and what became of it.

import { Problem, SignedOut, Unavailable, datasets, jobs, retrain, uploadDataset } from "./api.js";
import { byId, head, make, note, put, row, say } from "./dom.js";
import { follow, showNothing } from "./job.js";
import { count, dayAndTime, plural } from "./numbers.js";
import { forRole, may } from "./roles.js";
import { whenDescribed } from "./schema.js";
import { session, user } from "./session.js";
import { signedIn, signIn } from "./signin.js";
import { session as sessionTexts } from "./texts/common.js";
import { retrain as words } from "./texts/retrain.js";

const form = byId("parameters");
const fields = [...form.querySelectorAll("[data-field]")];
const whole = new Set(["n_estimators", "max_leaf_nodes", "random_state"]);

/** The parameters as entered. What is no number goes as it is, for the service to refuse. */
function parameters() {
  const entered = Object.fromEntries(new FormData(form));
  // A training serves nothing by itself here, unless somebody has chosen that.
  const request = {
    include_outcomes: "include_outcomes" in entered, force: entered.promotion === "always",
    promote: entered.promotion !== "never",
  };
  for (const [name, text] of Object.entries(entered)) {
    const value = String(text).trim();
    if (value === "" || name === "promotion" || name in request) continue;
    if (whole.has(name) || name === "test_size") {
      request[name] = /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    } else request[name] = name === "apply_smote" ? value === "true" : value;
  }
  return request;
}

function clearErrors() {
  byId("problem").hidden = true;
  for (const field of fields) {
    const error = field.querySelector(":scope > .error");
    say(error, "");
    error.hidden = true;
    for (const control of field.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  }
}

/** Says what the service found wrong, each at its field; goes to the first. */
function showErrors(failure) {
  byId("problem").textContent = failure.message;
  byId("problem").hidden = false;
  let first;
  for (const { pointer, detail } of failure.errors ?? []) {
    const field = fields.find((field) => pointer === `/${field.dataset.field}`);
    if (!field) continue;
    const control = field.querySelector("input, select");
    const error = field.querySelector(":scope > .error");
    const label = field.querySelector("label, legend").textContent.trim();
    error.textContent = `${detail.replace(field.dataset.field, label)}.`;
    error.hidden = false;
    control.setAttribute("aria-invalid", "true");
    first ??= control;
  }
  (first ?? byId("problem")).focus();
}

async function start() {
  clearErrors();
  byId("start").disabled = true;
  try {
    const job = await signedIn(() => retrain(parameters()));
    await followJob(job.id);
  } catch (failure) {
    if (failure instanceof SignedOut) return;
    if (failure.kind === "retraining-in-progress" && failure.job) await followJob(failure.job, true);
    else if (failure instanceof Problem || failure instanceof Unavailable) showErrors(failure);
    else throw failure;
  } finally {
    forRole("engineer", byId("start"));
  }
}

/** `isAnothers`: it runs in the place of one that was asked for here. */
async function followJob(id, isAnothers = false) {
  byId("start").disabled = true;
  // The button that starts it lies far below what is to be seen of it.
  byId("job").closest("section").scrollIntoView();
  try {
    await follow(id, { again: start, isAnothers });
  } finally {
    forRole("engineer", byId("start"));
  }
  await Promise.allSettled([showJobs()]);
}

async function showDatasets(chosen) {
  const { datasets: tables } = await datasets();
  put(
    byId("dataset"),
    tables.map(({ name, samples }) =>
      make("option", { value: name, selected: name === chosen }, words.dataset(name, plural(samples, "patient")))),
  );
}

async function addTable() {
  const result = byId("upload-result");
  const name = byId("table-name").value.trim();
  const [file] = byId("table-file").files;
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return put(result, note("danger", words.notAdded, words.nameRule));
  if (!file) return put(result, note("danger", words.notAdded, words.noFile));
  put(result, make("p", { class: "quiet" }, words.adding));
  try {
    const { samples } = await signedIn(() => uploadDataset(name, file));
    put(result, note("good", words.added, words.addedText(name, plural(samples, "patient"))));
    await showDatasets(name);
  } catch (failure) {
    if (failure instanceof SignedOut) return put(result);
    const reason = failure.message;
    const shown = (failure.errors ?? []).slice(0, 8);
    const more = Math.max(failure.count ?? 0, failure.errors?.length ?? 0) - shown.length;
    const wrong = shown.map((error) => make("li", {}, error.line ? words.wrongCell(error) : error.detail));
    if (more > 0) wrong.push(make("li", {}, words.moreWrong(count(more))));
    put(result, note("danger", words.notAdded, reason, wrong.length > 0 && make("ul", {}, wrong)));
  }
}

/** Shows the jobs, and returns them. */
async function showJobs() {
  const { jobs: all } = await jobs();
  put(
    byId("jobs"),
    all.length === 0
      ? make("p", { class: "quiet" }, words.noJobs)
      : make(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": words.earlier },
          make(
            "table",
            {},
            head(words.jobColumns),
            make("tbody", {}, all.map(jobRow)),
          ),
        ),
  );
  return all;
}

function jobRow({ id, state, started_at: started, user, result }) {
  return row(
    make("button", { type: "button", class: "button plain small", onclick: () => followJob(id) }, dayAndTime(started)),
    [make("span", { class: `badge ${words.stateKinds[state] ?? ""}` }, words.states[state]), words.outcome(result), user ?? "–"],
  );
}

/** Names the measurements where they are meant. */
function drawFields(description) {
  if (!description) return;
  const { fields, target } = description;
  const binned = fields.filter(({ bins }) => bins);
  byId("features-title").textContent = binned.length > 0 && binned.length <= 3
    ? words.read(description.titles(binned)) : words.read(words.numbers);
  // Without bins there is one way to read them.
  form.querySelector("[data-field=features]").hidden = binned.length === 0;
  byId("table-file-hint").textContent = words.columns([...fields.map(({ name }) => name), target]);
}

/** Shows the room to those who are signed in, and the gate to all others. */
async function enter() {
  const isIn = user() !== null;
  byId("gate").hidden = isIn;
  byId("room").hidden = !isIn;
  if (!isIn) return;
  showNothing();
  for (const id of ["start", "upload"]) forRole("engineer", byId(id));
  try {
    await showDatasets();
    if (!may("engineer", "auditor")) return showErrors({ message: sessionTexts.needs("engineer") });
    const running = (await showJobs()).find(({ state }) => state === "running");
    if (running) await followJob(running.id);
  } catch (failure) {
    if (failure instanceof SignedOut) return;
    // Who may not see the jobs is told which role it takes.
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    showErrors(failure);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
byId("upload").addEventListener("click", addTable);
byId("enter").addEventListener("click", () => signIn());
byId("enter").disabled = false;
// Who leaves, leaves nothing to be seen; who is signed out in the middle keeps what was entered.
session.addEventListener("leave", () => {
  showNothing();
  put(byId("jobs"));
  byId("room").hidden = true;
  byId("gate").hidden = false;
});
session.addEventListener("change", () => {
  if (user() && byId("room").hidden) enter();
});
whenDescribed(drawFields);
enter();
