// Sends a file and tells how far it is, which fetch cannot.

import { judge, Unavailable } from "./api.js";

/**
 * Sends a CSV table to be answered row by row.
 *
 * `progress` gets the share that was sent. Returns the answered table as a `Blob`; throws as the
 * requests of api.js do, and a `DOMException` named AbortError when the signal ends it.
 */
export function predictTable(file, { progress, signal }) {
  const request = new XMLHttpRequest();
  request.open("POST", "/predict/batch");
  request.responseType = "blob";
  request.timeout = 300_000;
  request.setRequestHeader("Content-Type", "text/csv");
  request.setRequestHeader("Accept", "text/csv, application/problem+json");
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 1);
    request.upload.onload = () => progress(1);
    request.onload = async () => {
      if (request.status === 200) return resolve(request.response);
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
