// Sends a file and tells how far it is, which fetch cannot.

import { judge, predictions, SignedOut, Unavailable } from "./api.js";
import { authorization } from "./session.js";

/**
 * Sends a CSV table to be answered row by row.
 *
 * `progress` gets the share that was sent. Returns the answered table as a `Blob`; throws as the
 * requests of api.js do, and a `DOMException` named AbortError when the signal ends it.
 */
export function predictTable(file, { progress, signal }) {
  if (signal.aborted) return Promise.reject(signal.reason);
  const credentials = predictions.needName ? authorization() : null;
  if (predictions.needName && !credentials) return Promise.reject(new SignedOut());
  const request = new XMLHttpRequest();
  request.open("POST", "/predict/batch");
  request.responseType = "blob";
  request.timeout = 300_000;
  request.setRequestHeader("Content-Type", "text/csv");
  if (credentials) request.setRequestHeader("Authorization", credentials);
  request.setRequestHeader("Accept", "text/csv, application/problem+json");
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 1);
    request.upload.onload = () => progress(1);
    request.onload = async () => {
      if (request.status === 200) return resolve(request.response);
      if (request.status === 401 && !predictions.needName) {
        predictions.needName = true;
        return resolve(predictTable(file, { progress, signal }));
      }
      try {
        const text = await request.response.text();
        judge(request.status, text.startsWith("{") ? JSON.parse(text) : null);
      } catch (failure) {
        reject(failure);
      }
    };
    request.onerror = request.ontimeout = () => reject(new Unavailable());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
