// What every page does: it tells who has signed in, and lets people sign in and out.

import { byId } from "./dom.js";
import { askWho, forget, session, user } from "./session.js";
import { session as sessionTexts } from "./texts/common.js";

const button = byId("session");

function show() {
  const name = user();
  button.textContent = name ? sessionTexts.signOut(name) : sessionTexts.signIn;
  button.disabled = false;
}

button.addEventListener("click", async () => {
  if (user()) {
    forget({ isMeant: true });
    return;
  }
  // The open menu of a narrow window would lie over the dialog.
  if (byId("pages").matches(":popover-open")) byId("pages").hidePopover();
  await askWho();
});
session.addEventListener("change", show);
show();
