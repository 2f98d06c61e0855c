// Small choices at the desk: one open at a time, Escape closes it; calling somebody from the
// line; ticks of the checklist stay on this computer until the person is served.
import { isWaiting } from "./desk.js";

const find = (what) => document.querySelector(what);
const isPicking = () => Boolean(find("[name=ticket][form=pick]:checked, .pick-one--open, details.panel[open]"));

document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target;
    if (!panel.matches?.("details.panel") || !panel.open) return;
    for (const other of document.querySelectorAll("details.panel[open]")) if (other !== panel) other.open = false;
    panel.querySelector("button, input:not([type=hidden]), select")?.focus();
  },
  { capture: true },
);

// Afterwards the keys are the desk's again: the focus goes to the page, not to the button.
function close() {
  for (const panel of document.querySelectorAll("details.panel[open]")) panel.open = false;
  for (const one of document.querySelectorAll("[name=ticket][form=pick]")) one.checked = false;
  find(".pick-one--open")?.classList.remove("pick-one--open");
  find("main").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isPicking()) close();
});
document.addEventListener("click", (event) => {
  const open = find("details.panel:not(.panel--in)[open]");
  if (open && !open.contains(event.target)) open.open = false;
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    close();
  }
  if (!event.target.closest("[data-pick-open]")) return;
  const first = find("[name=ticket][form=pick]");
  first?.focus();
  first?.click();
});

// The line keeps still while somebody is chosen from it, and while a press waits: nothing is
// asked, and what was asked before and comes late changes nothing that is being typed.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isPicking() || isWaiting()) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isPicking() || isWaiting()) event.detail.shouldSwap = false;
});

function ticks(list) {
  return JSON.parse(sessionStorage.getItem(`checklist ${list.dataset.checklist}`) ?? "[]");
}

function prepare() {
  find("[data-pick-open]")?.removeAttribute("hidden");
  const list = find("[data-checklist]");
  for (const box of list?.querySelectorAll("input") ?? []) box.checked = ticks(list).includes(box.value);
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-checklist]");
  if (!list) return;
  const done = [...list.querySelectorAll("input:checked")].map((box) => box.value);
  sessionStorage.setItem(`checklist ${list.dataset.checklist}`, JSON.stringify(done));
});
document.addEventListener("desk:shown", prepare);
prepare();
