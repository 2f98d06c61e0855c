// The picker keeps its place: choosing a day or a filter loads a new page, and the reader
// is taken back to where the days are. After a choice of day the focus stands at the times.
const KEPT = "dengta picker";

function remember(event) {
  const toTimes = event.currentTarget.hash === "#times";
  const kept = { path: location.pathname, y: scrollY, toTimes };
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

for (const link of document.querySelectorAll(".days a, .chips a, .legend__views a")) {
  link.addEventListener("click", remember);
}

function comeBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  const failed = document.querySelector(".govuk-error-summary");
  if (kept?.path !== location.pathname || failed) return;
  scrollTo(0, kept.y);
  const times = kept.toTimes && document.getElementById("times");
  if (!times) return;
  times.focus({ preventScroll: true });
  if (times.getBoundingClientRect().top > innerHeight - 160) times.scrollIntoView();
}

try {
  comeBack();
} catch {
  // Private windows may keep nothing; then the page simply begins at its top.
}

// "Nearest to me" asks where we are only when it is pressed, and sends it only to about a
// kilometre. Without this, or when the browser says no, the choice of district does it.
const button = document.querySelector("[data-near-me]");

function say(words) {
  document.querySelector(".near-me__said").textContent = words;
}

function goTo({ coords }) {
  const address = new URL(button.dataset.nearMe, location.href);
  address.searchParams.set("at", `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`);
  location.assign(address);
}

if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    say(button.dataset.asking);
    const coarse = { enableHighAccuracy: false, timeout: 10_000, maximumAge: 600_000 };
    navigator.geolocation.getCurrentPosition(goTo, () => say(button.dataset.refused), coarse);
  });
}
