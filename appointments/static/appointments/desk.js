// The clerk's console: a press is sent once, also when the line is down for a while; ticks
// of the checklist stay on this computer until the person is served.
const RETRY_MS = 2000;
const banner = () => document.querySelector("[data-out-of-touch]");
const online = () => document.querySelector("[data-online]");
let pressed = null; // what waits to be sent: { action, body }; only one at a time

function touch(isInTouch) {
  const sign = online();
  sign.dataset.words ??= sign.textContent;
  sign.textContent = isInTouch ? sign.dataset.words : sign.dataset.lost;
  sign.classList.toggle("online--lost", !isInTouch);
  if (isInTouch || pressed) banner().hidden = isInTouch;
}

async function send() {
  try {
    const answer = await fetch(pressed.action, { method: "POST", body: pressed.body, credentials: "same-origin" });
    if (answer.status >= 502) throw new Error(String(answer.status));
    pressed = null;
    touch(true);
    show(await answer.text());
  } catch {
    touch(false);
    setTimeout(send, RETRY_MS); // the same key: done once, however often it arrives
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (!fresh.querySelector(".desk")) {
    location.assign("/desk/"); // signed out, or another page
    return;
  }
  for (const part of ["header.header", "main"]) {
    document.querySelector(part).replaceWith(fresh.querySelector(part));
  }
  document.title = fresh.title;
  globalThis.htmx?.process(document.querySelector("main"));
  tick();
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    if (pressed) return;
    pressed = { action: form.action, body: new FormData(form, event.submitter) };
    event.submitter?.setAttribute("aria-busy", "true");
    send();
  },
  { capture: true },
);

function ticks(list) {
  return JSON.parse(sessionStorage.getItem(`checklist ${list.dataset.checklist}`) ?? "[]");
}

function tick() {
  const list = document.querySelector("[data-checklist]");
  if (!list) return;
  for (const box of list.querySelectorAll("input")) box.checked = ticks(list).includes(box.value);
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-checklist]");
  if (!list) return;
  const done = [...list.querySelectorAll("input:checked")].map((box) => box.value);
  sessionStorage.setItem(`checklist ${list.dataset.checklist}`, JSON.stringify(done));
});

// Somebody came while nobody waited: the large words change too.
document.addEventListener("htmx:afterSwap", () => {
  const free = document.querySelector("[data-free='0']");
  const waiting = document.querySelector("[data-waiting]")?.dataset.waiting;
  if (free && waiting > 0 && !pressed) location.reload();
});
document.addEventListener("htmx:afterRequest", (event) => touch(event.detail.successful));
document.addEventListener("htmx:sendError", () => touch(false));
tick();
