// The picker keeps its place: choosing a day or a filter loads a new page, and the reader
// is taken back to where the days are, not to the top. The chosen time is said aloud.
const KEPT = "dengta picker";

function remember() {
  sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, y: scrollY }));
}

for (const link of document.querySelectorAll(".days a, .chips a")) {
  link.addEventListener("click", remember);
}

try {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  const failed = document.querySelector(".govuk-error-summary");
  if (kept?.path === location.pathname && !failed) scrollTo(0, kept.y);
} catch {
  // Private windows may keep nothing; then the page simply begins at its top.
}
