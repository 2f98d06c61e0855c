// The waiting room looks again by itself: <div data-room data-part="URL" data-again="seconds"
// data-says="sentence">. The new part replaces the old one; only a new sentence is spoken.
const status = document.querySelector("[data-room-says]");

function room() {
  return document.querySelector("[data-room]");
}

function wait() {
  const seconds = Number(room()?.dataset.again);
  if (seconds > 0) setTimeout(look, seconds * 1000);
}

async function look() {
  const old = room();
  try {
    const answer = await fetch(old.dataset.part, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-room]");
    const news = fresh.dataset.says !== old.dataset.says;
    old.replaceWith(fresh);
    if (news) status.textContent = fresh.dataset.says;
  } catch {
    setTimeout(look, 15000); // the server or the line is busy; what is shown stays
    return;
  }
  wait();
}

wait();
