// Who is offered what. The service has the last word; a page merely offers nothing that it would refuse.

import { roles, session } from "./session.js";
import { session as sessionTexts } from "./texts/common.js";

/** Whether who has signed in has one of these roles; who has not is asked to, and may have it. */
export function may(...wanted) {
  const own = roles();
  return own === null || wanted.some((role) => own.includes(role));
}

/** A button for those who have a role: who has signed in without it cannot press it, and is told why. */
export function forRole(role, button) {
  button.dataset.role = role;
  offer(button);
  return button;
}

function offer(button) {
  const { role } = button.dataset;
  button.disabled = !may(role);
  button.title = button.disabled ? sessionTexts.needs(role) : "";
}

session.addEventListener("change", () => {
  for (const button of document.querySelectorAll("[data-role]")) {
    // One that is disabled without a word waits for what it has begun.
    if (!button.disabled || button.title) offer(button);
  }
});
