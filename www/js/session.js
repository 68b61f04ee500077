// Who has signed in. The credentials live in this tab alone, and not longer than they are used.

const key = "session";
/** How long the credentials outlive their last use, in milliseconds. */
const idle = 30 * 60 * 1000;

/** Tells of `change`, when somebody has signed in or out, and of `leave` before, when it was meant. */
export const session = new EventTarget();

function read() {
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  return kept && Date.now() - kept.used < idle ? kept : null;
}

function write(kept) {
  sessionStorage.setItem(key, JSON.stringify({ ...kept, used: Date.now() }));
}

/** The name of who has signed in, or null. */
export function user() {
  return read()?.user ?? null;
}

/** What who has signed in may do, or null. */
export function roles() {
  return read()?.roles ?? null;
}

/** The value of the header Authorization, or null. Each use keeps the session alive, unless nobody meant it. */
export function authorization({ isMeant = true } = {}) {
  const kept = read();
  if (kept && isMeant) write(kept);
  return kept?.credentials ?? null;
}

/** The value of the header Authorization for a name and a password (RFC 7617). */
export function basic(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

export function remember({ user, roles }, credentials) {
  write({ user, roles, credentials });
  session.dispatchEvent(new Event("change"));
}

/** Asks who it is, by a dialog that comes when it is first needed; whether somebody has signed in. */
export async function askWho() {
  const { signIn } = await import("./signin.js");
  return signIn();
}

/** Signs out. It is meant when the person does it, and not when the service refuses. */
export function forget({ isMeant = false } = {}) {
  if (sessionStorage.getItem(key) === null) return;
  if (isMeant) session.dispatchEvent(new Event("leave"));
  sessionStorage.removeItem(key);
  session.dispatchEvent(new Event("change"));
}
