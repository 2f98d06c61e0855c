// Draws the API reference; staff who are signed in can try calls from it.
const place = document.querySelector("[data-api-docs]");

const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];

window.SwaggerUIBundle({
  url: place.dataset.apiDocs,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (token()) request.headers["X-CSRFToken"] = token();
    return request;
  },
});
