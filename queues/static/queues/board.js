// The hall's screen: shows each state, flashes and announces each new call, one by one.
import { Announcer } from "./announcer.js";
import { follow } from "./stream.js";
import { Voice } from "./voice.js";

const root = document.querySelector("[data-board]");
const lost = document.querySelector("[data-lost]");
const form = document.querySelector("template[data-call]");
const sound = document.querySelector("[data-sound]");
const clock = document.querySelector("[data-clock]");
const SHOWN_MS = 4500; // a call stays on the large card at least so long,
const CROWDED_MS = 2500; // while more than a few wait for theirs
const CROWD = 3;
const OLD_MS = 20000;
const KEY = `board ${root.dataset.hall}`;

const voice = new Voice(root.dataset);
const { voiceBy: by, voiceEnglish, voiceQuiet, voiceVersion: own } = root.dataset;
let manner = { by, english: voiceEnglish !== undefined, quiet: voiceQuiet !== undefined, own };
let state = null;
let note = 0;
const drawn = new Map();

const part = (name, from = document) => from.querySelector(`[data-part="${name}"]`);
const card = part("now");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// A part is drawn again when the server drew it differently, so that nothing blinks.
function draw() {
  const fresh = new DOMParser().parseFromString(state.html, "text/html");
  for (const name of ["session", "now", "windows", "line", "foot"]) {
    const [old, next] = [part(name), part(name, fresh)];
    if (drawn.get(name) === next.outerHTML || (name === "now" && announcer.now)) continue;
    drawn.set(name, next.outerHTML);
    old.className = next.className;
    old.replaceChildren(...next.childNodes);
  }
  turnNote(0);
}

// The call that is announced stands on the large card, whatever the newest one is.
function lift(call) {
  card.replaceChildren(form.content.cloneNode(true));
  if (call.test) card.querySelector("h1").textContent = root.dataset.testing;
  card.querySelector("[data-number]").textContent = call.number;
  card.querySelector("[data-window]").textContent = call.window;
  card.classList.remove("board__now--settled", "board__now--quiet", "board__now--new");
  card.getAnimations().forEach((one) => one.cancel());
  void card.offsetWidth; // the next call blinks anew
  card.classList.add("board__now--new");
  drawn.delete("now");
}

const announcer = new Announcer({
  last: Number(sessionStorage.getItem(KEY) ?? root.dataset.lastCall),
  show: lift,
  say: (call, left) =>
    Promise.all([manner.quiet ? null : voice.say(call, manner), wait(left > CROWD ? CROWDED_MS : SHOWN_MS)]).then(() =>
      card.classList.remove("board__now--new"),
    ),
  rest: () => state && draw(),
  fresh: () => (stream.silence() > OLD_MS ? Promise.race([stream.ask(), wait(3000)]) : null),
});

function onState(news) {
  state = news;
  manner = news.voice;
  draw();
  drawSound();
  announcer.heed(news);
  sessionStorage.setItem(KEY, announcer.last); // a page that is loaded again goes on here
  lost.dataset.heard = clock.textContent;
}

function onTouch(is) {
  lost.hidden = is;
  document.body.classList.toggle("board--lost", !is);
  lost.querySelector("[data-lost-since]").textContent = lost.dataset.heard ?? clock.textContent;
}

function turnNote(by) {
  const notes = [...root.querySelectorAll(".board__note")];
  note = (note + by) % Math.max(notes.length, 1);
  notes.forEach((one, n) => one.classList.toggle("board__note--on", n === note));
}

function drawSound() {
  const word = manner.quiet ? "quiet" : voice.on ? "on" : "off";
  sound.hidden = word === "on" && root.dataset.here !== undefined;
  sound.textContent = sound.dataset[word];
  sound.classList.toggle("board__sound--off", word === "off");
  document.body.classList.toggle("board--quiet", word !== "on");
}

async function press(event) {
  if (voice.on && sound.contains(event.target)) voice.stop();
  else if (!voice.on && (root.dataset.here !== undefined || sound.contains(event.target))) await voice.start();
  drawSound();
}

document.addEventListener("click", press);
document.addEventListener("keydown", press);
setInterval(() => turnNote(1), 7000);
const stream = follow({
  live: root.dataset.live,
  state: root.dataset.state,
  after: () => announcer.last,
  onState,
  onTouch,
  onCall: (call) => announcer.add(call),
  onTest: (call) => announcer.try(call),
});
drawSound();
await voice.start();
drawSound();
