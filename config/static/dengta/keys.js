// Keyboard of the desk: <button data-key="Enter">, data-key="r", data-key="F9", data-key="?".
// A key presses the first visible, enabled element that bears it; never while typing.
const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select, [contenteditable]";
const OWN = "a[href], button, summary, input, [role=button]";

// What lies in closed <details> may have a box and still not be seen.
const isSeen = (element) => element.checkVisibility?.() ?? element.getClientRects().length > 0;

function bearer(key) {
  return [...document.querySelectorAll("[data-key]")].find(
    (element) =>
      element.dataset.key.toLowerCase() === key.toLowerCase() &&
      !element.disabled &&
      isSeen(element),
  );
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (event.target.closest(TYPING)) return;
  // Enter and Space belong to whatever has the focus, when it can be pressed itself.
  const own = event.target.closest(OWN);
  if ((event.key === "Enter" || event.key === " ") && own) return;
  const open = document.querySelector("dialog[open]");
  const element = bearer(event.key === " " ? "Space" : event.key);
  if (!element || (open && !open.contains(element))) return;
  event.preventDefault();
  if (element.tagName === "DETAILS") element.open = !element.open;
  else element.click();
});
