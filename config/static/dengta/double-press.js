// A form is sent once: its buttons rest after the first press, and wake when the page is
// shown again (the browser's "back"). The pressed button's own value still travels.

function rest(form) {
  for (const button of form.querySelectorAll("button, input[type=submit]")) {
    if (!button.disabled) {
      button.disabled = true;
      button.dataset.resting = "";
    }
  }
  form.setAttribute("aria-busy", "true");
}

function wake(root = document) {
  for (const button of root.querySelectorAll("[data-resting]")) {
    button.disabled = false;
    delete button.dataset.resting;
  }
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  // After the browser has collected the values, so that the pressed button is among them.
  setTimeout(() => rest(form), 0);
  // An answer that never comes must not leave the form asleep.
  setTimeout(() => wake(), 15000);
});

window.addEventListener("pageshow", () => wake());
document.addEventListener("htmx:afterRequest", () => wake());
