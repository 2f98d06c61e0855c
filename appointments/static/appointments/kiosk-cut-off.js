// The kiosk without the server: gives numbers of its own block, and tells them afterwards.
import { give, home, kept, serverIsThere, tell } from "./kiosk-store.js";

const ASK_MS = 4000;
const SHOWN_MS = 30_000;
const REFERENCE = /^[A-Z0-9]{4,12}$/;
const LINK = /\/b\/([A-Za-z0-9]{4,12})\//;

const parts = [...document.querySelectorAll("[data-part]")];
const matters = document.querySelector("[data-matters]");
const form = document.querySelector("[data-reference-form]");
const field = document.getElementById("reference");
const booking = document.querySelector("[data-booking]");
let reference = "";
let busy = performance.now(); // somebody stands here

history.replaceState(null, "", home); // a reload asks for the kiosk, and sends nothing again

const each = (name, work) => document.querySelectorAll(`[data-${name}]`).forEach(work);

function say(no) {
  each("no", (one) => (one.hidden = one.dataset.no !== no));
}

function show(name) {
  for (const part of parts) part.hidden = part.dataset.part !== name;
  if (name === "choose") matters.querySelectorAll("button").forEach((button) => (button.disabled = false));
  if (name === "booked") field.focus();
  document.documentElement.dataset.shows = name;
}

function begin() {
  reference = field.value = "";
  booking.hidden = true;
  say("");
  show("choose");
}

function offer() {
  matters.replaceChildren(
    ...kept().matters.map((matter) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "press";
      button.append(line("b", "zh-Hans", matter.name_zh), line("span", "en", matter.name_en));
      button.addEventListener("click", () => press(matter));
      return button;
    }),
  );
}

function line(kind, language, text) {
  const made = document.createElement(kind);
  made.lang = language;
  made.textContent = text;
  return made;
}

async function press(matter) {
  matters.querySelectorAll("button").forEach((button) => (button.disabled = true));
  const number = await give(matter, reference);
  if (number.no) {
    show("choose");
    say(number.no);
    return;
  }
  each("number", (one) => (one.textContent = number.label));
  each("matter", (one) => (one.textContent = `${matter.name_zh} ${matter.name_en}`));
  each("code", (one) => Object.assign(one, { src: number.code, alt: number.page }));
  each("taken", (one) => (one.textContent = clock(number.taken_at)));
  show("given");
  busy = performance.now() + SHOWN_MS;
  if (localStorage.getItem("print") === "auto") globalThis.print();
}

const clock = (at) => new Date(at).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });

function understood(text) {
  const said = (LINK.exec(text)?.[1] ?? text).replace(/[\s-]/g, "").normalize("NFKC").toUpperCase();
  return REFERENCE.test(said) ? said : "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  reference = understood(field.value);
  say(reference ? "" : "shape");
  if (!reference) return;
  booking.hidden = false;
  for (const one of booking.children) {
    const words = one.lang === "en" ? booking.dataset.en : booking.dataset.zh;
    one.textContent = words.replace("%(reference)s", reference);
  }
  show("choose");
});

document.querySelector("[data-reference-keys]").addEventListener("click", (event) => {
  const key = event.target.closest("button");
  if (!key) return;
  field.value = key.hasAttribute("data-erase") ? field.value.slice(0, -1) : field.value + key.dataset.press;
});
each("go", (one) => one.addEventListener("click", () => (one.dataset.go === "choose" ? begin() : show(one.dataset.go))));
document.querySelector("[data-on-paper]").addEventListener("click", () => globalThis.print());
for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => (busy = Math.max(busy, performance.now() + ASK_MS)));
}

// Back to the kiosk's own pages when the server is there and nobody is in the middle.
async function look() {
  const shows = document.documentElement.dataset.shows;
  if (shows === "given" && performance.now() > busy) begin();
  if (!(await serverIsThere())) return;
  await tell().catch(() => {});
  if (performance.now() > busy && document.documentElement.dataset.shows === "choose") location.replace(home);
}

offer();
begin();
busy = performance.now();
(async function goOn() {
  for (;;) {
    await look();
    await new Promise((done) => setTimeout(done, ASK_MS));
  }
})();
