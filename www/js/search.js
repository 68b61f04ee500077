// The trials of a search: each parameter against the score, and all parameters of each trial at once.

import { head, make, put, row } from "./dom.js";
import { count, duration } from "./numbers.js";
import { search as words } from "./texts/runs.js";

const scores = [["macro_f1", true], ["log_loss", false]];
/** The trials of a search are told apart in so many shades. */
const shades = 4;

/** Values as people order them: numbers by their size, before words. */
function inOrder(values) {
  const size = (value) => (value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : Infinity);
  return [...new Set(values)].sort((one, other) => size(one) - size(other) || one.localeCompare(other));
}

/** The parameters that vary, each with its values in order. */
function axesOf(trials) {
  const names = [...new Set(trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  return names
    .map((name) => ({ name, values: inOrder(trials.map(({ parameters }) => parameters[name] ?? "–")) }))
    .filter(({ values }) => values.length > 1);
}

function scaleOf(trials, score) {
  const values = trials.map((trial) => trial[score]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { low, high, share: (value) => (high > low ? (value - low) / (high - low) : 0.5) };
}

/** The best of those that were not given up. */
function bestOf(trials, [score, more]) {
  const whole = trials.filter(({ given_up: isOut }) => !isOut);
  return (whole.length > 0 ? whole : trials)
    .reduce((best, one) => ((more ? one[score] > best[score] : one[score] < best[score]) ? one : best));
}

/** Both plots, with the choice of the score and of the parameter that is shown against it. */
export function searchPlots(trials, nameOf) {
  const axes = axesOf(trials);
  const scatterPlace = make("div", {});
  const linesPlace = make("div", {});
  const choice = (id, label, options) => {
    const select = make("select", { class: "input", id, onchange: draw }, options.map(([value, text]) => make("option", { value }, text)));
    return [make("div", { class: "field" }, make("label", { for: id }, label), select), select];
  };
  const [scoreField, score] = choice("search-score", words.score, scores.map(([name]) => [name, words.scores[name]]));
  const [axisField, axis] = choice("search-axis", words.parameter, axes.map(({ name }) => [name, nameOf(name)]));
  function draw() {
    const chosen = scores.find(([name]) => name === score.value);
    const best = bestOf(trials, chosen);
    put(linesPlace, axes.length > 0 && coordinates(trials, axes, chosen, best, nameOf));
    const shown = axes.find(({ name }) => name === axis.value);
    put(scatterPlace, shown && scatter(trials, shown, chosen, best, nameOf));
  }
  draw();
  return make("section", { class: "part search" },
    make("h3", {}, words.title(count(trials.length))),
    make("p", { class: "quiet small" }, words.legend),
    axes.length === 0
      ? make("p", {}, words.nothingVaries)
      : [make("div", { class: "choices-row" }, scoreField, axisField), scatterPlace,
        make("h3", {}, words.coordinates), make("p", { class: "quiet small" }, words.coordinatesHint), linesPlace]);
}

const wordsOf = (trial, score, nameOf) =>
  words.trial(trial.number, trial[score].toFixed(4), Object.entries(trial.parameters).map(([name, value]) => `${nameOf(name)} ${value}`), trial.given_up);

/** One parameter against the score: a point a trial. */
function scatter(trials, { name, values }, [score, more], best, nameOf) {
  const { low, high, share } = scaleOf(trials, score);
  const [left, width, top, height] = [1, 98, 7, 75];
  const step = width / values.length;
  const y = (value) => `${top + height * (1 - share(value))}%`;
  const seen = new Map();
  const points = trials.map((trial) => {
    const place = values.indexOf(trial.parameters[name] ?? "–");
    // Those of one value stand beside each other.
    const turn = seen.get(place) ?? 0;
    seen.set(place, turn + 1);
    const shift = (((turn * 0.618) % 1) - 0.5) * 0.6;
    const kind = trial === best ? "best" : trial.given_up ? "given-up" : "";
    return make("circle", { class: `trial ${kind}`, cx: `${left + step * (place + 0.5 + shift)}%`, cy: y(trial[score]), r: trial === best ? 7 : 5 },
      make("title", {}, wordsOf(trial, score, nameOf)));
  });
  const line = (value) => [
    make("line", { class: "grid-line", x1: `${left}%`, x2: `${left + width}%`, y1: y(value), y2: y(value) }),
    make("text", { x: `${left}%`, y: y(value), class: "tick halo", dy: "-0.35em" }, value.toFixed(3)),
  ];
  return make("svg", { class: "plot", role: "img", "aria-label": words.scatterLabel(words.scores[score], nameOf(name), best[score].toFixed(4), best.parameters[name] ?? "–", more) },
    high > low ? [line(low), line((low + high) / 2), line(high)] : line(low),
    points,
    values.map((value, place) => make("text", { x: `${left + step * (place + 0.5)}%`, y: "90%", class: "tick middle-text" }, value)),
    make("text", { x: `${left + width / 2}%`, y: "98.5%", class: "tick middle-text title" }, nameOf(name)));
}

/** All parameters at once: a line a trial, from axis to axis, shaded by its score. */
function coordinates(trials, axes, [score, more], best, nameOf) {
  const { low, high, share } = scaleOf(trials, score);
  const all = [...axes, { name: null }];
  const [left, width, top, height] = [6, 86, 14, 78];
  const x = (place) => left + (width * place) / (all.length - 1);
  const position = ({ name, values }, trial) => (name === null
    ? share(trial[score])
    : values.indexOf(trial.parameters[name] ?? "–") / (values.length - 1));
  const y = (part) => top + height * (1 - part);
  const shade = (trial) => Math.ceil((more ? share(trial[score]) : 1 - share(trial[score])) * shades) || 1;
  const lines = [...trials].sort((one, other) => (one === best) - (other === best)).map((trial) =>
    make("g", { class: `way ${trial === best ? "best" : trial.given_up ? "given-up" : `shade-${shade(trial)}`}` },
      make("title", {}, wordsOf(trial, score, nameOf)),
      all.slice(1).map((axis, place) => make("line", {
        x1: `${x(place)}%`, y1: `${y(position(all[place], trial))}%`, x2: `${x(place + 1)}%`, y2: `${y(position(axis, trial))}%`,
      }))));
  const drawn = all.map((axis, place) => {
    const anchor = place === all.length - 1 ? "end" : "start-text";
    const texts = axis.name === null
      ? [[0, low.toFixed(3)], [1, high.toFixed(3)]]
      : axis.values.map((value, index) => [index / (axis.values.length - 1), value]);
    return [
      make("line", { class: "axis", x1: `${x(place)}%`, x2: `${x(place)}%`, y1: `${y(0)}%`, y2: `${y(1)}%` }),
      make("text", { class: `tick title ${place === 0 ? "start-text" : place === all.length - 1 ? "end" : "middle-text"}`, x: `${x(place) + (place === 0 ? -5 : place === all.length - 1 ? 7 : 0)}%`, y: "6%" },
        axis.name === null ? words.scores[score] : nameOf(axis.name)),
      texts.map(([part, text]) => make("text", { class: `tick halo ${anchor}`, x: `${x(place)}%`, y: `${y(part)}%`, dx: place === all.length - 1 ? -6 : 6, dy: "0.35em" }, text)),
    ];
  });
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.coordinates },
    make("svg", { class: "plot wide-plot", role: "img", "aria-label": words.coordinatesLabel(count(trials.length), axes.map(({ name }) => nameOf(name))) }, lines, drawn));
}

/** The same as a table. */
export function trialTable(trials, nameOf) {
  const names = [...new Set(trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  const ends = ["end", "end", "end", "end"];
  return make("details", { class: "part" }, make("summary", {}, words.table),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.table },
      make("table", {},
        head([words.number, ...names.map(nameOf), words.scores.macro_f1, words.scores.log_loss, words.folds, words.time], ["", ...names.map(() => ""), ...ends]),
        make("tbody", {}, trials.map((trial) =>
          row(count(trial.number), [
            ...names.map((name) => trial.parameters[name] ?? "–"), trial.macro_f1.toFixed(4), trial.log_loss.toFixed(4),
            trial.given_up ? words.givenUp(trial.folds) : count(trial.folds), duration(trial.duration_s),
          ], { classes: [...names.map(() => ""), ...ends] }))))));
}
