// Shows openapi.json in Swagger UI, dark where the system is.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dress();
dark.addEventListener("change", dress);

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  tryItOutEnabled: true,
  defaultModelsExpandDepth: -1,
});
