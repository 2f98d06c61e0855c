// The kiosk: keys on the screen, printing, and a scanner that types into the focused field.
const keypad = document.querySelector("[data-keypad]");
const typed = keypad && document.getElementById(keypad.dataset.keypad);
const print = document.querySelector("[data-print]");
const given = document.querySelector("[data-given]");

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
let touched = performance.now();
for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => (touched = performance.now()));
}
setInterval(() => {
  if (performance.now() - touched > clears * 1000) location.replace(home);
}, 1000);

// A kiosk with a printer is opened once with ?print=auto; it prints each ticket once.
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
