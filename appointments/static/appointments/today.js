// The hall today refreshes itself (htmx). When it cannot, the page says that it is old; when
// somebody has signed out meanwhile, it goes to the page for signing in.
const live = document.querySelector("[data-live]");
const stale = document.querySelector("[data-stale]");
let failed = 0;

function hear(well) {
  failed = well ? 0 : failed + 1;
  stale.hidden = failed < 2;
}

if (live && stale) {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const at = new URL(event.detail.xhr.responseURL || location.href);
    if (at.pathname === new URL(live.getAttribute("hx-get"), location.href).pathname) return;
    event.preventDefault();
    location.reload();
  });
  document.addEventListener("htmx:afterRequest", (event) => hear(event.detail.successful));
}
