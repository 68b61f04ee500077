// Shows the description of the interface, in the page's theme.

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
// The bundle is an ordinary script further down the page's head.
addEventListener("DOMContentLoaded", () => {
  const { SwaggerUIBundle } = globalThis;
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#interface",
    layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    // The description is checked by the project's own tests; nothing is asked of another host.
    validatorUrl: null,
  });
});
