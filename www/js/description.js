// The description of the served measurements and drugs (a Table Schema), and what pages ask of it.
// Names may be any text, `__proto__` too: they are keys of Maps, and own members of what JSON holds.

import { list, numberIn, plain } from "./numbers.js";
import { description as words } from "./texts/common.js";


/** What an object holds under this name itself, and not by what all objects inherit. */
export const member = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);

/** A patient as JSON has it, from pairs of name and value; what was not measured is left out. */
export const patientOf = (pairs) =>
  Object.fromEntries(pairs.filter(([, value]) => value !== null && value !== undefined));

/** A title inside a sentence: `blood pressure`, but `HbA1c` and `BMI`. */
const inside = (title) => title.replace(/^\p{Lu}(?=\p{Ll}*(?![\p{L}\p{N}]))/u, (letter) => letter.toLowerCase());
/** A label of its own: `Female`, but `pH 7`. */
const alone = (label) => label.replace(/^\p{Ll}(?=\p{Ll}+(?![\p{L}\p{N}]))/u, (letter) => letter.toUpperCase());
/** A name that is read from the right keeps its own order inside a sentence. */
export const isolated = (text) => (/[\u0590-\u08ff\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text);

function categoriesOf({ type, categories, constraints, trueValues = [], falseValues = [] }) {
  const given = categories ?? constraints?.enum ?? (type === "boolean" ? [true, false] : null);
  return given && given.map((one) => {
    const value = one?.value ?? one;
    const label = one?.label || (value === true ? words.yes : value === false ? words.no : null);
    const others = value === true ? trueValues : value === false ? falseValues : one?.aliases ?? [];
    return {
      value, label: label ?? String(value), title: label ? alone(label) : String(value),
      /** What tables may write for it. */
      names: [String(value), ...others.map(String)],
    };
  });
}

const folded = (name) => name.toLowerCase().replace(/[\s_/-]/g, "");

/** Where a field stands among the columns of a table; -1 for nowhere. */
function placeIn(header, { name, names }) {
  const exact = header.indexOf(name);
  return exact !== -1 ? exact : header.findIndex((one) => names.some((own) => folded(own) === folded(one)));
}

/** One measurement. */
class Field {
  constructor(given, index) {
    const { name, title, description, type, unit, constraints = {}, bins, aliases = [] } = given;
    Object.assign(this, { index, name, title: title || name, unit: unit ?? "", help: description ?? "", bins });
    this.isRequired = constraints.required === true;
    /** `{value, label, title}` in the order in which people see them; null where there are none. */
    this.categories = categoriesOf(given);
    this.isNumber = this.categories === null && (type === "integer" || type === "number");
    this.isWhole = type === "integer";
    this.limits = constraints;
    this.names = [name, ...aliases];
    /** The two numbers that may be given in its place, if it is their ratio. */
    this.parts = given.ratio
      ? [given.ratio.of, given.ratio.to].map((part, place) => new Field({ type: "number", ...part }, `${index}-${place}`))
      : [];
    this.places = given.ratio?.places;
  }

  /** The ratio of its two numbers as the service forms it; undefined where there is none. */
  ratio(above, below) {
    const ratio = above / below;
    if (!Number.isFinite(ratio)) return undefined;
    const scale = 10 ** (this.places ?? 0);
    const rounded = (Math.sign(ratio) * Math.round(Math.abs(ratio) * scale)) / scale;
    return this.places === undefined || !Number.isFinite(rounded) ? ratio : rounded;
  }

  /** Its title inside a sentence. */
  get inside() {
    return isolated(inside(this.title));
  }

  /** The limits of its numbers in words. */
  get range() {
    return words.range(this.limits);
  }

  /** A value as it is entered. */
  plain(value) {
    return typeof value === "number" ? plain(value) : String(value);
  }

  /** What was entered, as JSON has it. What is no number goes as it is, for the service to refuse. */
  read(text) {
    return (this.isNumber ? numberIn(text) : null) ?? text;
  }

  /** The category of a value, or of what a table writes for it. */
  category(value) {
    if (value === null || value === undefined) return undefined;
    return this.categories?.find((one) => one.value === value || one.names.includes(String(value)));
  }

  /** A value as people say it. */
  spoken(value) {
    if (value === null || value === undefined) return words.notMeasured;
    return isolated(this.category(value)?.label ?? this.plain(value));
  }

  /** The bin of a number, whose upper end belongs to it. */
  bin(number) {
    const place = this.bins.edges.findIndex((edge) => number <= edge);
    return this.bins.labels[place === -1 ? this.bins.edges.length : place];
  }

  /** A value that may be given, between those that the model was trained on where they are known. */
  typical(trained) {
    if (this.categories) return this.categories[0].value;
    if (!this.isNumber) return null;
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = this.limits;
    const low = Number(trained?.[0] ?? minimum ?? exclusiveMinimum ?? 0);
    const high = Number(trained?.[1] ?? maximum ?? exclusiveMaximum ?? low + 2);
    const middle = (low + high) / 2;
    return this.isWhole ? Math.round(middle) : Number(middle.toPrecision(3));
  }
}

/** All measurements and drugs. */
export class Description {
  #fields;
  #drugs;

  /** Takes what GET /model/schema answers, and of GET /model/info the version and what it was trained on. */
  constructor({ given, ranges, version, coverage, counts }) {
    const { fields, target, count, group, documented = [], digest, notFor, limits = [], missingValues = [] } = given;
    Object.assign(this, { digest, target, version, notFor: notFor ?? "", limits });
    /** What tables may write for a value that is missing. */
    this.missingValues = ["", ...missingValues];
    this.fields = fields
      .filter(({ name }) => name !== target && name !== count)
      .map((field, index) => new Field(field, index));
    this.#fields = new Map(this.fields.flatMap((field) => [field, ...field.parts]).map((field) => [field.name, field]));
    /** What is recommended, as a field that a table may have too. */
    this.targetField = new Field(fields.find(({ name }) => name === target), -1);
    const drugs = this.targetField.categories ?? [];
    this.#drugs = new Map(drugs.map(({ value, label }) => [String(value), isolated(label)]));
    this.ranges = new Map(Object.entries(ranges ?? {}));
    /** In which share of patients like those of the training a set holds the right drug; null where it is not known. */
    this.coverage = coverage ?? null;
    /** The drugs that nobody in the training had. */
    this.untrained = counts ? this.drugs.filter((drug) => member(counts, drug) === 0) : [];
    /** What divides reports into groups, if anything does. */
    this.group = this.#fields.get(group);
    /** Patients with a name, to try. */
    this.examples = documented.map(({ title, patient }) => ({ title: title || this.#brief(patient), patient }));
  }

  get drugs() {
    return [...this.#drugs.keys()];
  }

  field(name) {
    return this.#fields.get(name);
  }

  drug(value) {
    return this.#drugs.get(value) ?? value;
  }

  /** The field that a problem is about, by its JSON pointer. */
  named({ pointer }) {
    return this.field(pointer.slice(1).replaceAll("~1", "/").replaceAll("~0", "~"));
  }

  /** What the service says of a field, under the field's title instead of its name in JSON. */
  inWords(problem) {
    const { detail } = problem;
    const { name, title } = this.named(problem) ?? {};
    return name && detail.startsWith(name) ? isolated(title) + detail.slice(name.length) : detail;
  }

  /** The values of a warning in words: categories by their labels. */
  known(warning) {
    const { allowed } = warning;
    const field = this.named(warning);
    if (!field?.categories) return allowed;
    return allowed.split(", ").map((value) => field.category(value)?.label ?? value).join(", ");
  }

  /** A patient in words: what was measured, then what was not. */
  describe(patient) {
    const [measured, missing] = [[], []];
    for (const field of this.fields) {
      const value = member(patient, field.name);
      if (value === null || value === undefined) missing.push(field.inside);
      else measured.push([field.inside, field.spoken(value), field.unit].filter(Boolean).join(" "));
    }
    if (missing.length > 0) measured.push(words.notMeasuredOf(missing));
    return measured.join(", ");
  }

  /** A patient by the first two measurements alone. */
  #brief(patient) {
    const first = this.fields.filter(({ name }) => (member(patient, name) ?? null) !== null).slice(0, 2);
    return first.map((field) => this.#short(field, member(patient, field.name))).join(", ");
  }

  #short(field, value) {
    return `${field.title} ${field.spoken(value)}`;
  }

  /** A patient to show something by: the first example, or one made up. */
  get typical() {
    const made = () => patientOf(this.fields.map((field) => [field.name, field.typical(this.ranges.get(field.name))]));
    return this.examples[0]?.patient ?? made();
  }

  /** Where the drug stands among the columns of a table, by its name as fields by theirs; -1 for nowhere. */
  targetIn(header) {
    return placeIn(header, this.targetField);
  }

  /**
   * Where fields stand among the columns of a table by their names, whatever their case and marks; -1 for one that
   * is not there. A ratio of which only the two numbers are there is left out for these.
   */
  columns(header) {
    const placed = (field) => ({ field, place: placeIn(header, field) });
    return this.fields.flatMap((field) => {
      const parts = field.parts.map(placed);
      const own = placed(field);
      return own.place === -1 && parts.some(({ place }) => place !== -1) ? parts : [own];
    });
  }

  /** Names in a sentence. */
  titles(fields, last = "and") {
    return list(fields.map(({ inside }) => inside), last);
  }
}
