// One measurement as people enter it: a number, a choice, or one of a long list. Identifiers are made of
// its place, because a name may be any text.

import { member } from "./description.js";
import { make } from "./dom.js";
import { form as words } from "./texts/predict.js";

/** Up to how many choices lie side by side; more are a list to open. */
const most = 6;

/**
 * The element of a field, and what is asked of it: `control` is what assistive technology takes for it,
 * `first` what can be focused, `read` gives the value (undefined when there is none), `enter` takes one; `given`
 * tells pairs of name and value as they are asked, and `take` enters what a patient has of them.
 */
export function entryOf(field, trained) {
  const entry = { ...plainEntryOf(field, trained), parts: [] };
  entry.given = () => [[field.name, entry.read()]];
  entry.take = (patient) => entry.enter(member(patient, field.name) ?? undefined);
  return field.parts.length === 0 ? entry : orByParts(entry);
}

/** The entry of a ratio: its two numbers may be entered in its place, and it shows what they make. */
function orByParts(entry) {
  const { field, first, element } = entry;
  const parts = field.parts.map((part) => entryOf(part));
  const block = make("div", { class: "ratio", id: `field-${field.index}-parts`, hidden: true }, parts.map((part) => part.element));
  const names = field.parts.map((part) => part.inside);
  const toggle = make("button", { type: "button", class: "button plain small", "aria-expanded": "false", "aria-controls": block.id });
  const isGiven = () => !block.hidden && parts.some(({ read }) => read() !== undefined);
  const divide = () => {
    if (isGiven()) entry.enter(field.ratio(...parts.map(({ read }) => read())));
  };
  const open = (isOpen) => {
    block.hidden = !isOpen;
    first.readOnly = isOpen;
    toggle.setAttribute("aria-expanded", isOpen);
    toggle.textContent = isOpen ? words.iHaveRatio(field.inside) : words.iHave(names);
  };
  toggle.addEventListener("click", () => {
    open(block.hidden);
    divide();
    (block.hidden ? first : parts[0].first).focus();
  });
  block.addEventListener("input", divide);
  element.append(toggle, block);
  open(false);
  return {
    ...entry,
    parts,
    given: () => (isGiven() ? parts.flatMap(({ given }) => given()) : entry.given()),
    take(patient) {
      for (const { take } of parts) take(patient);
      open(parts.some(({ read }) => read() !== undefined));
      entry.take(patient);
      divide();
    },
  };
}

function plainEntryOf(field, trained) {
  const id = `field-${field.index}`;
  const isChoice = field.categories !== null && field.categories.length <= most;
  const parts = isChoice ? choices(field, id) : field.categories ? options(field, id) : input(field, id);
  const hint = make("p", { class: "hint", id: `${id}-hint`, dir: "auto" });
  const error = make("p", { class: "error", id: `${id}-error`, dir: "auto", hidden: true });
  const name = [
    make("bdi", {}, field.title),
    !field.isRequired && make("span", { class: "maybe" }, ` ${words.ifMeasured}`),
  ];
  const element = isChoice
    ? make("fieldset", { class: "field", role: "radiogroup" }, make("legend", {}, name), parts.body, hint, error)
    : make("div", { class: "field" }, make("label", { for: id }, name), parts.body, hint, error);
  const control = isChoice ? element : parts.first;
  const showHint = (trained) => {
    hint.textContent = hintOf(field, trained);
    hint.hidden = hint.textContent === "";
    // What is hidden would still describe its field.
    const about = [field.unit && !isChoice && `${id}-unit`, !hint.hidden && hint.id, error.id];
    control.setAttribute("aria-describedby", about.filter(Boolean).join(" "));
  };
  showHint(trained);
  return { field, element, control, error, showHint, ...parts };
}

function hintOf(field, trained) {
  if (!field.isNumber) return field.help;
  const kind = field.isWhole ? words.whole : field.range ? "" : words.number;
  const limits = field.help && field.range ? field.range : [kind, field.range].filter(Boolean).join(", ");
  return words.hint(field.help, limits, trained && words.trained(...trained));
}

/** The keys of a telephone for its numbers; those without a minus only where none is below zero. */
function keysOf({ isNumber, isWhole, limits }) {
  const least = limits.minimum ?? limits.exclusiveMinimum;
  if (!isNumber || least === undefined || least < 0) return null;
  return isWhole ? "numeric" : "decimal";
}

const withUnit = (field, id, control) =>
  field.unit
    ? make("div", { class: "with-unit" }, control, make("span", { class: "unit", id: `${id}-unit`, dir: "auto" }, field.unit))
    : control;

function input(field, id) {
  const first = make("input", {
    class: "input", id, name: id, inputmode: keysOf(field), autocomplete: "off",
    placeholder: field.isRequired ? null : words.notMeasured,
  });
  const understood = make("p", { class: "understood", "aria-live": "polite" });
  const showUnderstood = () => {
    const value = field.read(first.value.trim());
    const isOtherwise = typeof value === "number" && /[,\s−–]|^[+-]?\.|\.$/.test(first.value.trim());
    understood.textContent = isOtherwise ? words.readAs(field.plain(value)) : "";
  };
  if (field.isNumber) first.addEventListener("input", showUnderstood);
  return {
    body: [withUnit(field, id, first), field.isNumber && understood],
    first,
    read: () => (first.value.trim() === "" ? undefined : field.read(first.value.trim())),
    enter(value) {
      first.value = value === undefined ? "" : field.plain(value);
      showUnderstood();
    },
  };
}

function choices(field, id) {
  const all = field.isRequired ? field.categories : [...field.categories, null];
  const buttons = all.map((category, place) => {
    const isDefault = category === null;
    return make("input", {
      type: "radio", name: id, id: `${id}-${place}`, value: place, autocomplete: "off", checked: isDefault,
    });
  });
  const titles = all.map((category) => category?.title ?? words.notMeasured);
  const isWide = all.length > 3 || titles.some((title) => title.length > 10);
  return {
    body: make(
      "div",
      { class: `choices ${isWide ? "wide-choices" : ""}` },
      buttons.flatMap((button, place) => [button, make("label", { for: button.id, dir: "auto" }, titles[place])]),
    ),
    first: buttons[0],
    read: () => all[buttons.findIndex(({ checked }) => checked)]?.value,
    enter(value) {
      const chosen = field.category(value) ?? null;
      buttons.forEach((button, place) => (button.checked = all[place] === chosen));
    },
  };
}

function options(field, id) {
  const first = make(
    "select",
    { class: "input", id, name: id },
    make("option", { value: "" }, field.isRequired ? words.choose : words.notMeasured),
    field.categories.map(({ title }, place) => make("option", { value: place }, title)),
  );
  return {
    body: withUnit(field, id, first),
    first,
    read: () => (first.value === "" ? undefined : field.categories[first.value].value),
    enter(value) {
      const place = field.categories.indexOf(field.category(value));
      first.value = place === -1 ? "" : place;
    },
  };
}
