// The kiosk: keys on the screen, printing, and a scanner that types into the focused field.
const keypad = document.querySelector("[data-keypad]");
const typed = keypad && document.getElementById(keypad.dataset.keypad);
const print = document.querySelector("[data-print]");
const given = document.querySelector("[data-given]");
const paper = document.querySelector("[data-paper]");

if (keypad) {
  keypad.hidden = false;
  typed.inputMode = "none"; // our own keys instead of the system's
  keypad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    typed.value = key.hasAttribute("data-erase") ? typed.value.slice(0, -1) : typed.value + key.dataset.press;
    typed.focus();
  });
  // Whatever is pressed or scanned lands in the field.
  document.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && !event.ctrlKey && document.activeElement !== typed) typed.focus();
  });
}

// The screen clears itself for the next person, but not while somebody touches it.
const { clears, home } = document.querySelector("[data-clears]").dataset;
const fresh = `${home}?fresh=1`;
let touched = performance.now();
for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => (touched = performance.now()));
}
setInterval(() => {
  if (performance.now() - touched > clears * 1000) location.replace(fresh);
}, 1000);

// Nothing to go back to: each page takes the place of the one before, and a page that
// comes out of the browser's memory is asked for anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/kiosk/']");
  if (!link) return;
  event.preventDefault();
  location.replace(link.href);
});
addEventListener("pageshow", (event) => event.persisted && location.replace(home));
for (const way of ["contextmenu", "dragstart"]) {
  document.addEventListener(way, (event) => event.preventDefault());
}

// A kiosk with a printer of its own browser is opened once with ?print=auto.
if (new URLSearchParams(location.search).get("print") === "auto") localStorage.setItem("print", "auto");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => globalThis.print());
  const done = `printed ${given.dataset.given}`;
  if (localStorage.getItem("print") === "auto" && !sessionStorage.getItem(done)) {
    sessionStorage.setItem(done, "1");
    globalThis.print();
  }
}

// Whether the paper of the hall's printer came; when not, that is said plainly.
function showPaper(state) {
  paper.dataset.paper = state;
  paper.querySelector("[data-when=coming]").hidden = state === "missing";
  paper.querySelector("[data-when=missing]").hidden = state !== "missing";
}
async function askForPaper() {
  let state = paper.dataset.paper;
  try {
    state = (await (await fetch("?paper=1", { cache: "no-store" })).json()).paper || state;
  } catch {
    state = "missing"; // out of touch: nobody knows, so it is photographed
  }
  showPaper(state);
  if (state === "coming") setTimeout(askForPaper, 1000);
}
if (paper) {
  showPaper(paper.dataset.paper);
  if (paper.dataset.paper === "coming") setTimeout(askForPaper, 1000);
}
