// What pages ask of the REST service.

/** The longest wait for an answer, in milliseconds. */
const patience = 8000;
/** The pause between two questions to a service that does not answer, in milliseconds. */
export const pause = 2000;

/** What the service found wrong with a request (RFC 9457). */
export class Problem extends Error {
  constructor({ status, detail, errors }) {
    super(detail);
    this.status = status;
    /** Each wrong place: `{pointer, code, detail, allowed}`. */
    this.errors = errors ?? [];
  }
}

/** There was no answer, or none for now: the same request may do later. */
export class Unavailable extends Error {
  constructor(problem) {
    super(problem?.detail ?? "The service does not answer.");
    /** Whether the service answers and merely has no model. */
    this.hasNoModel = problem?.type?.endsWith(":no-model") ?? false;
  }
}

/** Sends a request and returns its status and its JSON, null when it is not JSON. */
async function send(path, signal, options = {}) {
  const signals = AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]);
  try {
    const response = await fetch(path, { cache: "no-store", ...options, signal: signals });
    const isJSON = /json/.test(response.headers.get("Content-Type"));
    return { status: response.status, body: isJSON ? await response.json() : null };
  } catch {
    throw new Unavailable();
  }
}

/** The body of a good answer; throws a `Problem` or `Unavailable` for any other. */
async function ask(path, signal, options) {
  const { status, body } = await send(path, signal, options);
  if (status === 200 && body) return body;
  if (!body || [429, 502, 503, 504].includes(status)) throw new Unavailable(body);
  throw new Problem(body);
}

/** The recommendation for a patient, with its explanation. */
export function predict(patient, signal) {
  return ask("/predict?explain=true", signal, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(patient),
  });
}

/** What is known of the served model. */
export function modelInfo(signal) {
  return ask("/model/info", signal);
}

/** `ready`, `no-model` or `silent`. */
export async function serviceState(signal) {
  try {
    const { status, body } = await send("/health", signal);
    if (status === 200 && body?.model_loaded) return "ready";
    return body?.status === "unhealthy" ? "no-model" : "silent";
  } catch {
    return "silent";
  }
}

/** Waits; ends early when the signal is aborted. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
