// One's own ticket: follows the line, and says so when it is one's turn.
import { follow } from "./stream.js";

const root = document.querySelector("[data-ticket]");
const lost = document.querySelector("[data-lost]");
const title = document.title;
let { nowState } = root.dataset;
let round = null;

function onState(place) {
  if (place.html !== undefined && root.innerHTML.trim() !== place.html.trim()) root.innerHTML = place.html;
  const called = place.state === "called";
  document.title = called ? `● ${root.dataset.called} · ${title}` : title;
  if (called && place.round !== round) navigator.vibrate?.([300, 150, 300]);
  round = place.round;
  // The rating's form comes with the page, not with the stream.
  if (place.state === "finished" && nowState !== "finished") location.reload();
  nowState = place.state;
}

follow({ live: root.dataset.live, state: root.dataset.state, onState, onTouch: (is) => (lost.hidden = is) });
