// What pages ask of the REST service.

import { authorization, forget } from "./session.js";
import { common } from "./texts/common.js";

/** The longest wait for an answer, in milliseconds. */
const patience = 8000;
/** The pause between two questions to a service that does not answer, in milliseconds. */
export const pause = 2000;

/** What the service found wrong with a request (RFC 9457). */
export class Problem extends Error {
  constructor({ type, status, detail, errors, job, problem_count: count }) {
    super(detail);
    this.status = status;
    /** The last part of the problem's type, such as `retraining-in-progress`. */
    this.kind = type?.split(":").at(-1);
    /** Each wrong place: `{pointer, code, detail, allowed}`. */
    this.errors = errors ?? [];
    /** How many there are, where not all are named. */
    this.count = count;
    this.job = job;
  }
}

/** There was no answer, or none for now: the same request may do later. */
export class Unavailable extends Error {
  constructor(problem) {
    super(problem?.detail ?? common.silent);
    /** Whether the service answers and merely has no model. */
    this.hasNoModel = problem?.type?.endsWith(":no-model") ?? false;
    /** Whether it answers and asks for patience. */
    this.isBusy = problem?.status === 429;
  }
}

/** The request needs somebody who has signed in. */
export class SignedOut extends Error {}

/** What becomes of an answer: its JSON, or one of the errors above. */
export function judge(status, body) {
  if (status === 401) {
    forget();
    throw new SignedOut();
  }
  if (status >= 200 && status < 300 && body) return body;
  if (!body || [429, 502, 503, 504].includes(status)) throw new Unavailable(body);
  throw new Problem({ status, ...body });
}

/**
 * Sends a request and returns its status and its JSON, null when it is not JSON.
 *
 * Credentials are left out, so that a refusal never makes the browser ask for a name by itself:
 * who has signed in is told by a header of this site's own (docs/decisions/pages.md).
 */
async function send(path, { signal, wait = patience, headers, ...options } = {}) {
  const signals = AbortSignal.any([AbortSignal.timeout(wait), ...(signal ? [signal] : [])]);
  try {
    const response = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      ...options,
      headers: { Accept: "application/json", ...headers },
      signal: signals,
    });
    const isJSON = /json/.test(response.headers.get("Content-Type"));
    return { status: response.status, body: isJSON ? await response.json() : null };
  } catch {
    throw new Unavailable();
  }
}

async function ask(path, options) {
  const { status, body } = await send(path, options);
  return judge(status, body);
}

/** Asks as the person who has signed in. */
async function askSignedIn(path, { headers, ...options } = {}) {
  const credentials = authorization();
  if (!credentials) throw new SignedOut();
  return ask(path, { ...options, headers: { ...headers, Authorization: credentials } });
}

const json = (method, body, headers) => ({
  method,
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** Whether predictions need a name here, which the first refusal tells. */
export const predictions = { needName: false };

/** The recommendation for a patient, with its explanation. */
export const predict = (patient, signal) => askOf(patient, "/predict?explain=true", signal);

/**
 * What would be recommended if numbers were others, which is neither kept nor counted. `map` holds the places of
 * two fields for a map, if there is to be one.
 */
export const whatIf = (patient, map, signal) =>
  askOf(patient, `/predict/what-if${map ? `?x=${map[0]}&y=${map[1]}` : ""}`, signal);

async function askOf(patient, path, signal) {
  const options = { ...json("POST", patient), signal };
  if (!predictions.needName) {
    const { status, body } = await send(path, options);
    if (status !== 401) return judge(status, body);
    predictions.needName = true;
  }
  return askSignedIn(path, options);
}

/** What is known of the served model. */
export function modelInfo(signal) {
  return ask("/model/info", { signal });
}

/** What the served model measures and recommends; the browser knows it again by its ETag. */
export function modelSchema(signal) {
  return ask("/model/schema", { signal, cache: "no-cache" });
}

/** The models that are kept, the newest first; `next` of an answer asks for those before them. */
export function models(next = "/models") {
  return ask(next);
}

/** One model: its card, its scores and what it was compared with. */
export function model(version) {
  return ask(`/models/${encodeURIComponent(version)}`);
}

/** What a look inside of a version shows. */
export function modelInspection(version) {
  return ask(`/models/${encodeURIComponent(version)}/inspection.json`);
}

/** One of a version's trees, from 0. */
export function modelTree(version, number) {
  return ask(`/models/${encodeURIComponent(version)}/trees/${number}`);
}

/** The held-out patients about whom a version is wrong. */
export function modelMisses(version) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/misses`);
}

/** Whose drug would change if a version were served, of the patients of a table. */
export function modelChanges(version) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/changes`, { wait: 60_000 });
}

/** How the shadow, which is this version, does beside the served model. */
export function shadow(version) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/shadow`);
}

/** Lets a version answer the same patients unseen. */
export function beginShadow(version) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/shadow`, { ...json("POST", {}), wait: 60_000 });
}

/** Ends the shadow, and forgets what it has said. */
export function endShadow(version) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/shadow`, { method: "DELETE" });
}

/** The predictions that the shadow would have made otherwise; `next` of an answer asks for those before them. */
export function shadowDisagreements(version, next) {
  return askSignedIn(next ?? `/models/${encodeURIComponent(version)}/shadow/disagreements`);
}

export function datasets() {
  return ask("/datasets");
}

/** How the service does. Figures of patients are told to who has signed in, whom the question does not keep so. */
export function monitoring(signal) {
  const credentials = authorization({ isMeant: false });
  return ask("/monitoring", { signal, headers: credentials ? { Authorization: credentials } : {} });
}

/** `ready`, `no-model` or `silent`. */
export async function serviceState(signal) {
  try {
    const { status, body } = await send("/health", { signal });
    if (status === 200 && body?.model_loaded) return "ready";
    return body?.status === "unhealthy" ? "no-model" : "silent";
  } catch {
    return "silent";
  }
}

/** Who these credentials belong to. */
export function me(credentials) {
  return ask("/me", { headers: { Authorization: credentials } });
}

/** Starts a training that goes on by itself; returns its job. */
export function retrain(parameters) {
  return askSignedIn("/retrain", json("POST", parameters, { Prefer: "respond-async" }));
}

export function jobs() {
  return askSignedIn("/retrain/jobs");
}

export function job(id) {
  return askSignedIn(`/retrain/jobs/${encodeURIComponent(id)}`);
}

export function cancelJob(id) {
  return askSignedIn(`/retrain/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** What was tried, the newest first; `next` of an answer asks for those before them. */
export function runs(next = "/runs") {
  return askSignedIn(next);
}

/** One run, with the trials of a search. */
export function run(number) {
  return askSignedIn(`/runs/${number}`);
}

/** Keeps what a person calls a run, and a note of it; returns the run. */
export function remark(number, { name, note }) {
  return askSignedIn(`/runs/${number}/remark`, json("PUT", { name, note }));
}

/** Makes a version the served one. */
export function activate(version, reason) {
  return askSignedIn(
    `/models/${encodeURIComponent(version)}/activate`,
    json("POST", reason ? { reason } : {}),
  );
}

/** Keeps tags and a note of a version, in place of those that it has; returns its labels. */
export function keepLabels(version, labels) {
  return askSignedIn(`/models/${encodeURIComponent(version)}/labels`, json("PUT", labels));
}

const aliasOf = (version, alias) => `/models/${encodeURIComponent(version)}/aliases/${encodeURIComponent(alias)}`;

/** Lets a name stand for a version, in place of the one that had it; returns the version's labels. */
export function setAlias(version, alias) {
  return askSignedIn(aliasOf(version, alias), { method: "PUT" });
}

/** Takes a name away from a version; returns the version's labels. */
export function removeAlias(version, alias) {
  return askSignedIn(aliasOf(version, alias), { method: "DELETE" });
}

/** Keeps a table of patients and their drugs under a name. */
export function uploadDataset(name, file) {
  return askSignedIn(`/datasets/${encodeURIComponent(name)}`, {
    method: "PUT",
    headers: { "Content-Type": "text/csv" },
    body: file,
    wait: 300_000,
  });
}

/** Records which drug was really given, and why when it was another. */
export function recordOutcome(id, drug, reason) {
  return askSignedIn(`/predictions/${encodeURIComponent(id)}/outcome`, json("POST", { drug, reason }));
}

/** The same where another was recorded before, or none. */
export function correctOutcome(id, drug, reason) {
  return askSignedIn(`/predictions/${encodeURIComponent(id)}/outcome`, json("PUT", { drug, reason }));
}

/** A prediction that is kept, with why: the version that answered is asked anew. */
export function keptPrediction(id) {
  return askSignedIn(`/predictions/${encodeURIComponent(id)}?explain=true`);
}

/** The newest predictions; `next` of an answer asks for those before them. */
export function keptPredictions(next = "/predictions?limit=200") {
  return askSignedIn(next);
}

/** Waits; ends early when the signal is aborted. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
