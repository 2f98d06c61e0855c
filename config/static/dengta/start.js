// Starts what the page asks for: govuk-frontend's behaviours, where their markup is there.
const own = document.querySelector("script[data-govuk]");

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
if (own && document.querySelector('[data-module^="govuk-"]')) {
  import(own.dataset.govuk).then((govuk) => govuk.initAll());
}

// A line of pages that goes on to the side shows the page one is on.
for (const here of document.querySelectorAll('nav [aria-current="page"]')) {
  const line = here.closest("nav");
  if (line.scrollWidth > line.clientWidth) {
    const [at, from] = [here.getBoundingClientRect(), line.getBoundingClientRect()];
    line.scrollLeft += at.left + at.width / 2 - from.left - from.width / 2;
  }
}
