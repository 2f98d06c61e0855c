// The code that proves presence: fetched for each stretch, gone when it is no longer true.
const card = document.querySelector("[data-presence]");
const SOON_MS = 4000;

async function show() {
  let again = SOON_MS;
  try {
    const answer = await fetch(card.dataset.presence, { cache: "no-store", signal: AbortSignal.timeout(SOON_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    const { code, svg, seconds } = await answer.json();
    const picture = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
    card.querySelector("[data-presence-code]").replaceChildren(picture);
    card.querySelector("[data-presence-digits]").textContent = code;
    card.hidden = false;
    again = seconds * 1000 + 300;
  } catch {
    card.hidden = true; // an old code would only send people away
  }
  setTimeout(show, again);
}

show();
