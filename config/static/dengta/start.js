// Starts what the page asks for: govuk-frontend's behaviours, where their markup is there.
const own = document.querySelector("script[data-govuk]");

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
if (own && document.querySelector('[data-module^="govuk-"]')) {
  import(own.dataset.govuk).then((govuk) => govuk.initAll());
}
