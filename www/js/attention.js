// What needs somebody: one line, what to do about each, and the same in the tab's title and icon.

import { byId, make, put } from "./dom.js";
import { dayAndTime, time } from "./numbers.js";
import { monitor as words } from "./texts/monitor.js";

const title = document.title;
const icon = document.querySelector('link[rel="icon"]');
/** An outage of so many milliseconds is no restart. */
const patience = 30_000;

let shown = "";
/** When the service answered last; at first when it was asked first. */
let answered = Date.now();

/** Shows what the service says that a person has to see to; `isAll` where nothing is kept from who asks. */
export function showAttention(attention, isAll) {
  answered = Date.now();
  const state = attention.length === 0 ? "ready" : attention.some(({ urgency }) => urgency === "now") ? "now" : "today";
  show(state, words.needs(attention.length), attention, isAll ? "" : words.notAll);
}

/** The same while the service does not answer, which after a while needs somebody too. */
export function showSilence() {
  const isLong = Date.now() - answered >= patience;
  const silence = { detail: words.silence, since: answered, action: words.silenceAction };
  if (isLong) show("now", words.needs(1), [silence], words.mayBeOld);
  else show("silent", words.silent, [], "");
}

function show(state, headline, items, remark) {
  // A live region is read aloud at each change, so it is changed only when there is news.
  const news = JSON.stringify([state, headline, items, remark]);
  if (news === shown) return;
  shown = news;
  byId("state").dataset.state = state;
  put(
    byId("state"),
    make("p", { class: "headline" }, headline),
    items.length > 0 && make("ol", {}, items.map(item)),
    remark && make("p", { class: "quiet small" }, remark),
  );
  document.title = items.length > 0 ? `(${items.length}) ${title}` : title;
  icon.href = { now: "/favicon-now.svg", today: "/favicon-today.svg" }[state] ?? "/favicon.svg";
}

function item({ detail, since, action }) {
  return make(
    "li",
    {},
    make("p", {}, make("b", {}, detail), since && ` ${words.since(moment(since))}`),
    make("p", {}, action),
  );
}

/** The time of today, the day too of another day. */
function moment(since) {
  const isToday = new Date(since).toDateString() === new Date().toDateString();
  return isToday ? time(since) : dayAndTime(since);
}
