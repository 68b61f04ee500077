// What people call a version and note of it: shown as small labels, and written by who may train.

import { keepLabels, removeAlias, setAlias, SignedOut } from "./api.js";
import { make, say } from "./dom.js";
import { forRole } from "./roles.js";
import { signedIn } from "./signin.js";
import { labels as words } from "./texts/models.js";

/** The name that is worked out and that nobody gives. */
const computed = new Set(["champion", "shadow"]);
const own = (aliases) => aliases.filter((name) => !computed.has(name));

/** Aliases and tags as small labels, the note below them; nothing where there is none. */
export function labelsOf({ version, aliases = [], tags = {}, note = null }, { isBrief = false } = {}) {
  const marks = [
    ...aliases.map((name) => make("li", { class: "badge accent" }, name)),
    ...Object.entries(tags).map(([key, value]) => make("li", { class: "badge" }, `${key}: `, make("bdi", {}, value))),
  ];
  return [
    marks.length > 0 && make("ul", { class: "labels", "aria-label": words.of(version) }, marks),
    !isBrief && note && make("p", { class: "noted" }, make("bdi", {}, note)),
  ];
}

/** A button that opens the form; `changed` is called with the labels as they are then. */
export function editButton(labels, changed) {
  return forRole("engineer", make("button", {
    type: "button", class: "button small", "aria-label": words.editOf(labels.version), onclick: async () => {
      const done = await editLabels(labels);
      if (done) changed(done);
    },
  }, words.edit));
}

/** Asks for the labels of a version; resolves to what was kept, or to null when nothing was. */
function editLabels({ version, aliases, tags, note }) {
  const field = (element, id, value, hint, more = {}) => {
    const control = make(element, { class: "input", id, autocomplete: "off", "aria-describedby": `${id}-hint labels-error`, ...more });
    control.value = value;
    const place = make("div", { class: "field" },
      make("label", { for: id }, words[id]), control, make("p", { class: "hint", id: `${id}-hint` }, hint));
    return [control, place];
  };
  const lines = Object.entries(tags).map(([key, value]) => `${key} = ${value}`);
  const [names, namesField] = field("input", "aliases", own(aliases).join(", "), words.aliasesHint, { spellcheck: "false", autocapitalize: "none" });
  const [pairs, pairsField] = field("textarea", "tags", lines.join("\n"), words.tagsHint, { rows: Math.max(3, lines.length + 1), spellcheck: "false" });
  const [text, textField] = field("input", "note", note ?? "", words.noteHint, { maxlength: 500 });
  const error = make("p", { class: "error", id: "labels-error", role: "alert" });
  const keep = make("button", { class: "button primary" }, words.keep);
  const cancel = make("button", { class: "button", type: "button" }, words.cancel);
  const form = make("form", { novalidate: true },
    make("h2", { id: "labels-title" }, words.title(version)),
    namesField, pairsField, textField, error, make("div", { class: "row" }, keep, cancel));
  const dialog = make("dialog", { "aria-labelledby": "labels-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  names.focus();

  let kept = null;
  let known = own(aliases);

  /** Sends what is other than before. What was kept when something is refused is not sent again. */
  async function send(wanted, newTags) {
    const take = (labels) => {
      kept = labels;
      known = own(labels.aliases);
    };
    take(await signedIn(() => keepLabels(version, { tags: newTags, note: text.value.trim() || null })));
    for (const name of wanted) if (!known.includes(name)) take(await signedIn(() => setAlias(version, name)));
    for (const name of known) if (!wanted.includes(name)) take(await signedIn(() => removeAlias(version, name)));
  }

  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (keep.disabled) return;
      say(error, "");
      for (const control of [names, pairs, text]) control.removeAttribute("aria-invalid");
      const entered = pairs.value.split("\n").map((line) => line.trim()).filter(Boolean);
      const wrong = entered.find((line) => !/^[^=]*[^=\s][^=]*=/.test(line));
      if (wrong) {
        say(error, words.noTag(wrong));
        pairs.setAttribute("aria-invalid", "true");
        return pairs.focus();
      }
      const newTags = Object.fromEntries(entered.map((line) => {
        const sign = line.indexOf("=");
        return [line.slice(0, sign).trim(), line.slice(sign + 1).trim()];
      }));
      keep.disabled = true;
      try {
        await send(names.value.split(/[\s,]+/).filter(Boolean), newTags);
        dialog.close();
      } catch (failure) {
        if (!(failure instanceof SignedOut)) say(error, failure.message);
      } finally {
        keep.disabled = false;
      }
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(kept);
    });
  });
}
