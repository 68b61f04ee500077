// Texts of every page: the frame, signing in, what the service is asked.

import { list } from "../numbers.js";

/** A text with a capital at its beginning. */
export const first = (text) => text[0].toUpperCase() + text.slice(1);

export const common = {
  silent: "The service does not answer at the moment. Try again in a few seconds.",
  sets: { continuous: "As measured", binned: "In bins" },
  kept: "Kept",
};

export const description = {
  yes: "yes",
  no: "no",
  notMeasured: "not measured",
  notMeasuredOf: (names) => `not measured: ${list(names, "and")}`,
  range: ({ minimum, exclusiveMinimum: above, maximum, exclusiveMaximum: below }) => {
    if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
    const low = minimum !== undefined ? `at least ${minimum}` : above !== undefined ? `above ${above}` : "";
    const high = maximum !== undefined ? `at most ${maximum}` : below !== undefined ? `below ${below}` : "";
    return [low, high].filter(Boolean).join(", ");
  },
};

export const session = {
  signIn: "Sign in",
  signOut: (user) => `Sign out ${user}`,
  title: "Sign in",
  purpose: "Training, promotion, recorded outcomes and figures of patients are for people with a name here.",
  needs: (role) => `This needs the role ${role}.`,
  predict: "Predictions are for people with a name here. Sign in to go on; what you entered is kept.",
  lost: "You are not signed in any more. Sign in to go on; what you entered is kept.",
  kept: "Kept in this tab only, and forgotten when it is closed or unused for 30 minutes.",
  name: "Name",
  password: "Password",
  cancel: "Cancel",
  empty: "Password is missing.",
  wrong: "This name and password do not go together.",
  tooMany: "There were too many attempts. Wait a moment, then try again.",
};

export const states = {
  ready: "Ready to answer",
  "no-model": "Running, but no model is loaded. Training one makes it answer.",
  silent: "The service does not answer at the moment. Trying again…",
};

/** What becomes of a training. */
export const jobStates = { running: "Running", succeeded: "Done", failed: "Failed", cancelled: "Cancelled" };
