// What a person types while a new form is on its way stays typed: a form that htmx replaces
// gets back every answer that was changed since it was asked for, and its preview with it.

const asked = new Map(); // the form's id -> its answers when the new one was asked for
const typed = new Map(); // the form's id -> what was changed since

function answers(form) {
  const found = new Map();
  for (const [name, value] of new FormData(form)) {
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

function named(form) {
  return new Set([...form.elements].filter((one) => one.name && one.type !== "hidden").map((one) => one.name));
}

function changed(form, before) {
  const now = answers(form);
  const same = (name) => String(before.get(name) ?? "") === String(now.get(name) ?? "");
  return new Map([...named(form)].filter((name) => !same(name)).map((name) => [name, now.get(name) ?? []]));
}

function put(form, name, values) {
  for (const control of [...form.elements].filter((one) => one.name === name)) {
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = values.includes(control.value);
    } else {
      control.value = values[0] ?? "";
    }
  }
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target instanceof HTMLFormElement) {
    asked.set(detail.target.id, answers(detail.target));
  }
});

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (target instanceof HTMLFormElement && asked.has(target.id)) {
    typed.set(target.id, changed(target, asked.get(target.id)));
    asked.delete(target.id);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, kept] of typed) {
    const form = document.getElementById(id);
    kept.forEach((values, name) => put(form, name, values));
  }
});

// Only now does the new form listen, so only now is its preview asked for.
document.addEventListener("htmx:afterSettle", () => {
  for (const [id, kept] of typed) {
    typed.delete(id);
    const last = [...kept.keys()].at(-1);
    const control = last && document.getElementById(id).elements.namedItem(last);
    (control?.[0] ?? control)?.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
