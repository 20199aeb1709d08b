// Renders the OpenAPI document that the page names. The content security policy of the page allows no inline script.
const reference = document.getElementById("reference");

SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.document,
  deepLinking: true,
  // By default, Swagger UI shows a badge that is loaded from another host.
  validatorUrl: null,
});
