// Numbers and times in words.

const locale = "en-GB";
const whole = new Intl.NumberFormat(locale);
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const unrounded = new Intl.NumberFormat("en", { maximumFractionDigits: 20, useGrouping: false });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });

/** A share in percent that never rounds a doubt away. */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1%";
  if (share < 1 && share >= 0.9995) return "> 99.9%";
  return `${(share * 100).toFixed(1)}%`;
}

/** The 95% interval of a share of so many patients (Wilson, 1927), in words. */
export function interval(share, total) {
  const z = 1.959964;
  const scale = 1 + (z * z) / total;
  const middle = (share + (z * z) / (2 * total)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  const low = share === 0 ? 0 : Math.max(0, middle - reach);
  return `${percent(low)} to ${percent(share === 1 ? 1 : Math.min(1, middle + reach))}`;
}

/** A change of a share in percentage points, with its sign. */
export function points(value) {
  const text = Math.abs(value * 100).toFixed(1);
  if (text === "0.0") return text;
  return `${value > 0 ? "+" : "−"}\u00a0${text}`;
}

/** A number with its sign. */
export function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? "+" : "−"}\u00a0${text}`;
}

/** A number as it is entered, without an exponent. */
export const plain = (value) => (/e/.test(value) ? unrounded.format(value) : String(value));

/**
 * The number that a text says; null when it says none. A comma may stand before the decimals as well as a
 * point, a blank between thousands; `15.` and `.5` are numbers.
 */
export function numberIn(text) {
  const bare = text.trim().replace(/^[−–]/, "-");
  const joined = /^[+-]?\d{1,3}(\s\d{3})+([.,]\d*)?$/.test(bare) ? bare.replace(/\s/g, "") : bare;
  return /^[+-]?(\d+[.,]?\d*|[.,]\d+)$/.test(joined) ? Number(joined.replace(",", ".")) : null;
}

const small = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
/** `one measurement`, `five measurements`, `40 measurements`. */
export const counted = (number, one) => `${small[number] ?? count(number)} ${number === 1 ? one : `${one}s`}`;

export const count = (value) => whole.format(value);
export const day = (text) => date.format(new Date(text));
export const dayAndTime = (text) => moment.format(new Date(text));
export const time = (text) => clock.format(new Date(text));

/** `1 patient`, `2 patients`. */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function list(words, last) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/** A time span, from microseconds to days. */
export function duration(seconds) {
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${trim(seconds * 1000)} ms`;
  if (seconds < 90) return `${trim(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** A size in decimal units. */
export function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${trim(value)} ${units[unit]}`;
}

/** Two digits where there are few. */
function trim(value) {
  return value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}
