// One's own ticket: follows the line, and says so when it is one's turn.
import { ring, ringer } from "./ring.js";
import { follow } from "./stream.js";

const root = document.querySelector("[data-ticket]");
const lost = document.querySelector("[data-lost]");
const speak = document.querySelector("[data-speak]");
const alertPart = document.querySelector("[data-alert]");
const title = document.title;
let { nowState } = root.dataset;
let round = null;
let meaning = root.querySelector("[data-meaning]")?.dataset.meaning;

document.querySelector("[data-keeps]").hidden = false;
ringer(document.querySelector("[data-ring]"));

// New parts; who was about to press a button still is.
function draw(html) {
  if (html === undefined || root.innerHTML.trim() === html.trim()) return;
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Read aloud when it means something new, not with each minute.
function tell() {
  const said = root.querySelector("[data-meaning]");
  if (!said || said.dataset.meaning === meaning) return;
  meaning = said.dataset.meaning;
  speak.textContent = said.dataset.say;
}

function onState(place) {
  draw(place.html);
  tell();
  const called = place.state === "called";
  document.title = called ? `● ${root.dataset.called} · ${title}` : title;
  if (called && place.round !== round) {
    navigator.vibrate?.([300, 150, 300]);
    ring();
  }
  round = place.round;
  if (place.state !== nowState) htmx.trigger(alertPart, "again");
  // What comes with the page and not with the stream: the rating, or the end of it all.
  if (["finished", "void"].includes(place.state) && nowState !== place.state) location.reload();
  nowState = place.state;
}

follow({ live: root.dataset.live, state: root.dataset.state, onState, onTouch: (is) => (lost.hidden = is) });
