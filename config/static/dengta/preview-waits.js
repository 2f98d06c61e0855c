// A press on a button in #preview waits for what the preview has not shown yet: from a change in
// the form that asks for it until its answer is there. Where the answer would do the same, as
// after a word was typed, the press goes on by itself; where it would do something else, it is
// looked at and pressed again. A press beside a change would else do what stood there before,
// without what was typed last. What was chosen in the preview stays chosen in the next one.

const preview = document.getElementById("preview");
const chosen = new Map(); // in the preview, by name
let changes = 0; // so many in the form
let asked = 0; // as many were there when the newest preview was asked for
let shown = 0; // as many are in the one that stands there
let pressed = null; // what the press that waits would do

const asking = document.querySelector("[hx-get][hx-target='#preview']");
const ofThePage = new Set(["key", "csrfmiddlewaretoken"]);

function does(form) {
  const words = new Set([...asking.closest("form").elements].map((one) => one.name));
  const named = [...new FormData(form)].filter(([name]) => !words.has(name) && !ofThePage.has(name));
  return JSON.stringify(named);
}

function choose(control, value) {
  const there = control instanceof RadioNodeList ? [...control] : [...(control?.options ?? [])];
  if (there.some((one) => one.value === value)) {
    control.value = value;
  }
}

document.addEventListener("change", ({ target }) => {
  if (asking?.contains(target)) {
    changes += 1;
  } else if (preview.contains(target)) {
    chosen.set(target.name, target.value);
  }
});

document.addEventListener(
  "submit",
  (event) => {
    if (preview.contains(event.target) && shown !== changes) {
      event.preventDefault();
      pressed = does(event.target);
    }
  },
  true, // before the form rests
);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  asked = detail.elt === asking ? changes : asked;
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== preview) {
    return;
  }
  shown = asked;
  const form = preview.querySelector("form");
  chosen.forEach((value, name) => choose(form?.elements.namedItem(name), value));
  if (pressed === null || shown !== changes || !form) {
    return;
  }
  const goesOn = pressed === does(form);
  pressed = null;
  if (goesOn) {
    form.requestSubmit();
  } else {
    form.querySelector("button").focus();
  }
});

// A preview that does not come is asked for as without scripts: the page says why.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt === asking && !detail.successful && pressed !== null) {
    asking.closest("form").requestSubmit();
  }
});
