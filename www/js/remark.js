// The name and the note of a run, to be written by who may train.

import { Problem, remark, SignedOut, Unavailable } from "./api.js";
import { make, say } from "./dom.js";
import { dayAndTime } from "./numbers.js";
import { forRole } from "./roles.js";
import { signedIn } from "./signin.js";
import { runs as words } from "./texts/runs.js";


/** A form of both; `changed` is called with the run as it is told then. */
export function remarkForm({ number, name, note, noted_by: by, noted_at: at }, changed) {
  const nameField = make("input", { class: "input", id: "run-name", maxlength: 60, autocomplete: "off", value: name ?? "" });
  const noteField = make("input", { class: "input", id: "run-note", maxlength: 500, autocomplete: "off", value: note ?? "" });
  const told = make("p", { class: "hint", role: "status" }, by ? words.notedBy(by, dayAndTime(at)) : "");
  const save = forRole("engineer", make("button", { class: "button small" }, words.keep));
  return make("form", {
    class: "remark", novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      if (save.disabled) return;
      save.disabled = true;
      try {
        const kept = await signedIn(() => remark(number, { name: nameField.value, note: noteField.value }));
        say(told, kept.noted_by ? words.kept : words.taken);
        changed(kept);
      } catch (failure) {
        if (failure instanceof Problem || failure instanceof Unavailable) say(told, failure.message);
        else if (!(failure instanceof SignedOut)) throw failure;
      } finally {
        forRole("engineer", save);
      }
    },
  },
  make("div", { class: "field" }, make("label", { for: "run-name" }, words.name), nameField),
  make("div", { class: "field" }, make("label", { for: "run-note" }, words.note), noteField),
  make("div", { class: "row" }, save, told));
}
