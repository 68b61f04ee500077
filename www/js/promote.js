// Asks before another version is served: what speaks for it and against it, and why somebody serves it.

import { activate, model, modelChanges, models, Problem, shadow, SignedOut, Unavailable } from "./api.js";
import { isZero } from "./comparison.js";
import { make, note, put, say } from "./dom.js";
import { count, list, plural, signed } from "./numbers.js";
import { forRole } from "./roles.js";
import { drugName } from "./schema.js";
import { shadowCheck } from "./shadow.js";
import { signedIn } from "./signin.js";
import { comparison as comparisonTexts, promote as words } from "./texts/models.js";

/** So many characters the service keeps of a reason. */
const longest = 200;

/**
 * What is to be looked at before a version takes the served one's place, as `{kind, name, text}`; `kind` is a
 * note's, or `unknown`. What a training alone can tell (`changed`) may be missing.
 */
export function checksOf({ differences, comparison, changed }) {
  return [
    questions(differences),
    ...(comparison && !comparison.champion ? [] : [drugs(changed), wrong(changed)]),
    figures(comparison),
  ];
}

function questions(differences) {
  const [name, text] = [words.questions, words.questionsText];
  if (!differences) return { kind: "good", name, text: text.same };
  const rare = differences.drugs.filter(({ change }) => change === "rare").map((drug) => drugName(drug.name));
  if (!differences.comparable) return { kind: "danger", name, text: text.other };
  return { kind: "caution", name, text: rare.length > 0 ? text.rare(list(rare, "and")) : text.almost };
}

/** How many rows of the table change, and for how many it is for the better and for the worse. */
export function changesOf({ rows, row_count: all, become_right: right, become_wrong: wrong }) {
  return {
    all: all ?? rows.length,
    right: right ?? rows.filter(({ actual, after }) => after === actual).length,
    wrong: wrong ?? rows.filter(({ actual, before }) => before === actual).length,
  };
}

function drugs(changed) {
  const name = words.drugs;
  if (!changed) return { kind: "unknown", name, text: words.untold };
  const { all } = changesOf(changed);
  const documented = changed.documented.length;
  return all + documented === 0
    ? { kind: "good", name, text: words.nobody }
    : { kind: "caution", name, text: words.drugsText(plural(all, "patient"), documented && plural(documented, "documented patient")) };
}

function wrong(changed) {
  const name = words.wrong;
  if (!changed) return { kind: "unknown", name, text: words.untold };
  const { right, wrong } = changesOf(changed);
  if (wrong === 0) return { kind: "good", name, text: words.noneWrong(right) };
  const rows = changed.rows.filter(({ actual, before }) => before === actual).map(({ row }) => count(row));
  const shown = rows.slice(0, 5);
  return { kind: "danger", name, text: words.wrongText(plural(wrong, "patient"), shown, wrong - shown.length, right) };
}

function figures(comparison) {
  const name = words.figures;
  if (!comparison?.difference) return { kind: "unknown", name, text: words.notCompared };
  const { mean, interval } = comparison.difference;
  const [low, high] = interval;
  const text = words.figuresText(isZero(mean) ? null : signed(mean, 4), interval.map((end) => signed(end, 4)));
  const reading = comparisonTexts.reading(comparison.difference);
  return { kind: low > 0 ? "good" : high < 0 ? "danger" : "", name, text: `${text} ${reading}` };
}

function checkItem({ kind, name, text }) {
  return make("li", { class: "check-item" },
    make("span", { class: `badge ${kind}` }, words.kinds[kind]),
    make("div", {}, make("strong", {}, name), make("p", {}, text)));
}

/** The checks of a version, as the service tells them now: also of one whose training nobody has at hand. */
async function checksFor(version, champion) {
  const orNothing = (failure) => {
    if (failure instanceof Problem || failure instanceof Unavailable) return null;
    throw failure;
  };
  const [{ differences, comparison }, changed, unseen] = await Promise.all([
    model(version),
    modelChanges(version).then((found) => found.changed, orNothing),
    models().then((all) => (all.shadow === version ? shadow(version) : null)).catch(orNothing),
  ]);
  // Scores beside a model that is not served any more tell nothing of the one that is.
  const isOfChampion = comparison?.champion && comparison.champion.version === champion;
  const checks = checksOf({ differences, comparison: isOfChampion ? comparison : null, changed });
  return [unseen && shadowCheck(unseen), ...checks].filter(Boolean);
}

/**
 * Asks whether a version shall be served, and serves it. Resolves to `{version, previous, reason}`, or to
 * null when nothing was done.
 *
 * `champion` is the version whose place it takes, as far as the page knows; `checks` are those of `checksOf`, and
 * looked for when the page has none. Who goes back to what was served before (`isBack`) need not say why.
 */
export function askToServe({ version, champion, checks, isBack = false }) {
  const reason = make("input", {
    class: "input", id: "promote-reason", maxlength: longest, autocomplete: "off",
    "aria-describedby": "promote-hint promote-error",
  });
  const error = make("p", { class: "error", id: "promote-error", role: "alert" });
  const serve = make("button", { class: "button primary" }, "");
  const cancel = make("button", { class: "button", type: "button" }, words.cancel);
  const found = make("ul", { class: "checks" });
  const unsure = make("p", { class: "quiet small" }, words.unsure, " ",
    make("a", { href: `/model.html?version=${encodeURIComponent(version)}` }, words.unseenFirst));
  const show = (checks) => {
    put(found, checks.map(checkItem));
    unsure.hidden = isBack || checks.some(({ isUnseen }) => isUnseen);
    const isDoubtful = checks.some(({ kind }) => kind === "danger");
    say(serve, isBack ? words.goBack : isDoubtful ? words.nevertheless : words.serve);
  };
  show(checks ?? []);
  const title = make("h2", { id: "promote-title", tabindex: -1 }, words.title(version));
  const form = make("form", { novalidate: true },
    title,
    make("p", { class: "quiet" }, champion ? words.place(champion) : words.first),
    found,
    unsure,
    make("div", { class: "field" },
      make("label", { for: "promote-reason" }, isBack ? words.reasonIfAny : words.reason),
      reason,
      make("p", { class: "hint", id: "promote-hint" }, words.reasonHint(longest))),
    error,
    make("div", { class: "row" }, serve, cancel));
  const dialog = make("dialog", { class: "promote", "aria-labelledby": "promote-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  // In a small window what is to be looked at comes first, and would be scrolled away.
  (isBack || dialog.scrollHeight <= dialog.clientHeight ? reason : title).focus();
  lookFor();

  /** Looks for the checks that the page has not brought, and whether they are of the model that is served. */
  async function lookFor() {
    if (!checks && !isBack) {
      put(found, make("li", { class: "quiet" }, words.looking));
      serve.disabled = true;
      try {
        show(await signedIn(() => checksFor(version, champion)));
      } catch (failure) {
        if (!(failure instanceof SignedOut)) show([{ kind: "unknown", name: words.notLooked, text: failure.message }]);
        else return dialog.close();
      } finally {
        serve.disabled = false;
      }
    }
    await tellOfAnother(champion, found);
  }

  return new Promise((resolve) => {
    let done = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (serve.disabled) return;
      const text = reason.value.trim();
      say(error, "");
      if (text === "" && !isBack) {
        say(error, words.noReason);
        reason.setAttribute("aria-invalid", "true");
        return reason.focus();
      }
      serve.disabled = true;
      try {
        const { previous_version: previous } = await signedIn(() => activate(version, text));
        done = { version, previous, reason: text };
        dialog.close();
      } catch (failure) {
        if (!(failure instanceof SignedOut)) say(error, failure.message);
      } finally {
        serve.disabled = false;
      }
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
  });
}

/** Tells when meanwhile another version is served than the one that this was held against. */
async function tellOfAnother(champion, checks) {
  try {
    const { current } = await models();
    if (!current || !champion || current === champion) return;
    checks.prepend(checkItem({ kind: "danger", name: words.another, text: words.anotherText(current, champion) }));
  } catch (failure) {
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
  }
}

/** What happened, to be shown where it was asked for; `goBack` is called by its button. */
export function afterwards({ version, previous, reason }, goBack) {
  const isOther = previous && previous !== version;
  return note("good", words.served(version),
    isOther ? words.servedText(previous) : words.servedAlone,
    reason ? words.kept(reason) : words.keptWithout,
    make("div", { class: "row" },
      isOther && goBack && forRole("engineer",
        make("button", { type: "button", class: "button", onclick: goBack }, words.backTo(previous))),
      make("a", { class: "button", href: `/model.html?version=${encodeURIComponent(version)}` }, words.card)));
}
