// The dialog to sign in with.

import { me, SignedOut, Unavailable } from "./api.js";
import { make, say } from "./dom.js";
import { basic, remember } from "./session.js";
import { session as words } from "./texts/common.js";


/** Asks for a name and a password; resolves to whether somebody signed in. */
export function signIn(reason = words.purpose) {
  const name = make("input", {
    class: "input", id: "user", name: "username", autocomplete: "username", value: "admin",
    required: true, "aria-describedby": "sign-in-error",
  });
  const password = make("input", {
    class: "input", id: "password", name: "password", type: "password",
    autocomplete: "current-password", required: true, "aria-describedby": "sign-in-error",
  });
  const error = make("p", { class: "error", id: "sign-in-error", role: "alert" });
  const submit = make("button", { class: "button primary" }, words.signIn);
  const cancel = make("button", { class: "button", type: "button" }, words.cancel);
  const form = make(
    "form",
    { novalidate: true },
    make("h2", { id: "sign-in-title" }, words.title),
    make("p", { class: "quiet" }, reason),
    make("div", { class: "field" }, make("label", { for: "user" }, words.name), name),
    make("div", { class: "field" }, make("label", { for: "password" }, words.password), password),
    error,
    make("div", { class: "row" }, submit, cancel),
    make("p", { class: "hint" }, words.kept),
  );
  const dialog = make("dialog", { "aria-labelledby": "sign-in-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  password.focus();

  return new Promise((resolve) => {
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (submit.disabled) return;
      say(error, "");
      if (password.value === "") {
        say(error, words.empty);
        password.focus();
        return;
      }
      submit.disabled = true;
      const credentials = basic(name.value, password.value);
      try {
        const person = await me(credentials);
        done = true;
        remember(person, credentials);
        dialog.close();
      } catch (failure) {
        say(error, explain(failure));
        password.select();
      } finally {
        submit.disabled = false;
      }
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
  });
}

function explain(failure) {
  if (failure instanceof SignedOut) return words.wrong;
  if (failure instanceof Unavailable && failure.isBusy) return words.tooMany;
  return failure.message;
}

/** Does what needs somebody signed in; asks for the password when it is refused, and goes on. */
export async function signedIn(action, reason = words.lost) {
  for (;;) {
    try {
      return await action();
    } catch (failure) {
      if (!(failure instanceof SignedOut) || !(await signIn(reason))) throw failure;
    }
  }
}
