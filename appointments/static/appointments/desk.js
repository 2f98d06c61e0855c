// The clerk's console: a press is sent once, also when the line is down for a while. What was
// pressed outlives a reload (sessionStorage) and goes with its key: done once, however often
// it arrives. The rest of the page's behaviour is in desk-choices.js.
const RETRY_MS = 2000;
const PATIENCE_MS = 10_000;
const KEPT = "desk press";
const AWAY = [500, 502, 503, 504]; // 500: the database is away; the key makes asking again safe
const find = (what, root = document) => root.querySelector(what);
const desk = () => find("[data-desk]")?.dataset.desk;
let pressed = null; // what waits to be sent: { action, body, name, desk, again }; only one at a time
let sending = false;
let timer = 0;

export const isWaiting = () => pressed !== null;

function keep(press) {
  pressed = press;
  if (press) sessionStorage.setItem(KEPT, JSON.stringify(press));
  else sessionStorage.removeItem(KEPT);
}

// A press belongs to the shift at which it was made: not to whoever sits here later.
function kept() {
  const press = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (press && press.desk === desk()) return press;
  sessionStorage.removeItem(KEPT);
  return null;
}

export function touch(isInTouch) {
  const sign = find("[data-online]");
  const strip = find("[data-out-of-touch]");
  if (!sign || !strip) return;
  sign.dataset.words ??= sign.textContent;
  sign.textContent = isInTouch ? sign.dataset.words : sign.dataset.lost;
  sign.classList.toggle("online--lost", !isInTouch);
  find("[data-idle]", strip).hidden = Boolean(pressed);
  find("[data-waiting-press]", strip).hidden = !pressed;
  find("[data-press-name]", strip).textContent = pressed ? `${pressed.name} (${pressed.at})` : "";
  find("[data-press-again]", strip).hidden = !pressed?.again;
  strip.hidden = isInTouch;
}

async function send() {
  clearTimeout(timer);
  if (sending || !pressed) return;
  sending = true;
  try {
    const answer = await fetch(pressed.action, {
      method: "POST",
      body: new URLSearchParams(pressed.body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (AWAY.includes(answer.status)) throw new Error(String(answer.status));
    const html = await answer.text();
    keep(null);
    touch(true);
    show(html);
  } catch {
    touch(false);
    timer = setTimeout(send, RETRY_MS);
  } finally {
    sending = false;
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (!find(".desk", fresh)) {
    location.assign("/desk/"); // signed out, or another page
    return;
  }
  for (const part of ["header.header", "main", "footer"]) {
    find(part).replaceWith(fresh.querySelector(part));
  }
  document.title = fresh.title;
  globalThis.htmx?.process(find("main"));
  document.dispatchEvent(new CustomEvent("desk:shown"));
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    if (pressed) {
      keep({ ...pressed, again: true });
      if (!find("[data-out-of-touch]").hidden) touch(false); // said calmly, nothing else is kept
      return;
    }
    const button = event.submitter ?? find("button", form);
    keep({
      action: form.action,
      body: [...new FormData(form, event.submitter)].map(([name, said]) => [name, String(said)]),
      name: [...button.childNodes].filter((one) => one.nodeName !== "KBD").map((one) => one.textContent).join(" ").trim(),
      at: new Date().toTimeString().slice(0, 5),
      desk: desk(),
      again: false,
    });
    button.setAttribute("aria-busy", "true");
    send();
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-forget]")) return;
  keep(null);
  find("[aria-busy]")?.removeAttribute("aria-busy");
  touch(false);
});

// A stale screen looks again by itself, unless something is being chosen or waits to be sent.
document.addEventListener("htmx:afterSwap", () => {
  const now = find("[data-stands-now]")?.dataset.standsNow;
  const free = find("[data-free]")?.dataset.free;
  const waiting = find("[data-waiting]")?.dataset.waiting;
  const came = free !== undefined && (free === "0") !== (waiting === "0");
  if (now && !pressed && (came || now !== find("[data-desk]").dataset.stands)) location.reload();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.responseText.includes("data-stands-now")) return;
  event.detail.shouldSwap = false;
  location.assign("/desk/"); // logged out meanwhile
});
document.addEventListener("htmx:afterRequest", (event) => touch(event.detail.successful && !pressed));
document.addEventListener("htmx:sendError", () => touch(false));
window.addEventListener("offline", () => touch(false));
window.addEventListener("online", () => (pressed ? send() : probe()));

// Nothing waits, but the screen says that it is out of touch: asks until it is not.
async function probe() {
  if (pressed || !find(".online--lost")) return;
  const answer = await fetch("/desk/line/", { method: "HEAD" }).catch(() => null);
  if (!pressed) touch(Boolean(answer?.ok));
}
setInterval(probe, 2 * RETRY_MS);

pressed = kept();
if (pressed) {
  touch(false);
  send();
}
