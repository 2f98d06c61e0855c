// The hall's screen: shows each state, flashes and announces each new call, one by one.
import { follow } from "./stream.js";
import { Voice } from "./voice.js";

const root = document.querySelector("[data-board]");
const lost = document.querySelector("[data-lost]");
const sound = document.querySelector("[data-sound]");
const voice = new Voice(root.dataset);
const SHOWN_MS = 4500; // a call stays on the large card at least so long

let lastCall = Number(root.dataset.lastCall);
let state = null;
let shown = null; // the call on the large card while it is announced
const queue = []; // calls to come, by id; a recall has an id of its own

const part = (name, from = document) => from.querySelector(`[data-part="${name}"]`);

function show() {
  const fresh = new DOMParser().parseFromString(state.html, "text/html");
  for (const name of ["session", "body", "foot"]) {
    const [old, next] = [part(name), part(name, fresh)];
    if (old.innerHTML !== next.innerHTML) old.replaceChildren(...next.childNodes);
  }
  if (shown) highlight(shown);
}

function highlight(call) {
  const card = root.querySelector("[data-now-card]");
  if (!card.querySelector("[data-window]")) return;
  card.querySelector("[data-number]").textContent = call.number;
  card.querySelector("[data-window]").textContent = call.window;
  card.classList.remove("board__now--settled");
  card.classList.add("board__now--new");
}

async function announce() {
  if (shown) return;
  while ((shown = queue.shift())) {
    highlight(shown);
    await Promise.all([voice.say(shown), new Promise((done) => setTimeout(done, SHOWN_MS))]);
    root.querySelector("[data-now-card]").classList.remove("board__now--new");
  }
  shown = null;
  show();
}

function onState(news) {
  state = news;
  const calls = news.calls.filter((call) => call.id > lastCall).sort((a, b) => a.id - b.id);
  lastCall = Math.max(lastCall, news.last_call_id);
  // After a gap, only those who are still being called.
  queue.push(...calls.filter((call) => call.state === "called"));
  show();
  announce();
}

function drawSound() {
  sound.hidden = false;
  sound.textContent = voice.on ? sound.dataset.on : sound.dataset.off;
  sound.setAttribute("aria-pressed", String(voice.on));
}

sound.addEventListener("click", async () => {
  await voice.turn(!voice.on);
  drawSound();
});
drawSound();
follow({ live: root.dataset.live, state: root.dataset.state, onState, onTouch: (is) => (lost.hidden = is) });
