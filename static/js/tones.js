// Labels with a colour of their own: what carries data-colour gets it. Styles in the page itself are not allowed here.

export function paint(within) {
  for (const one of within.querySelectorAll("[data-colour]")) one.style.setProperty("--tone", one.dataset.colour);
}

paint(document);
document.addEventListener("htmx:afterSwap", (event) => paint(event.detail.target));
