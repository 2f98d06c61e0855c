// The device's proof of work: <div data-puzzle data-challenge="ALTCHA v2, JSON" data-worker="URL">
// inside a form. A worker solves it; the answer goes into the field "work". Whoever presses
// before it is done need not press again.

function encoded(challenge, solution) {
  return btoa(JSON.stringify({ challenge, solution }));
}

function start(box) {
  const form = box.closest("form");
  const part = (name) => box.querySelector(`[data-puzzle-${name}]`);
  const bar = box.querySelector("progress");
  const challenge = JSON.parse(box.dataset.challenge);
  const worker = new Worker(box.dataset.worker);
  let pressed = null;

  function holdBack(event) {
    event.preventDefault();
    pressed = event.submitter;
  }

  function giveUp() {
    worker.terminate();
    form.removeEventListener("submit", holdBack);
    part("work").hidden = true;
    part("else").hidden = false;
  }

  worker.onerror = giveUp;
  worker.onmessage = ({ data }) => {
    if (data.failed) return giveUp();
    bar.value = data.solution ? 1 : data.tried / challenge.parameters.data.tries;
    if (!data.solution) return;
    form.elements.work.value = encoded(challenge, data.solution);
    form.removeEventListener("submit", holdBack);
    part("says").textContent = box.dataset.done;
    worker.terminate();
    if (pressed) form.requestSubmit(pressed);
  };
  form.addEventListener("submit", holdBack);
  part("else").hidden = true;
  part("work").hidden = false;
  worker.postMessage(challenge.parameters);
}

for (const box of document.querySelectorAll("[data-puzzle]")) {
  if (window.Worker && window.crypto?.subtle) start(box);
}
