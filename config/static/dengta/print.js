// A button that prints the page, shown only where it can work: <button hidden data-print>.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
