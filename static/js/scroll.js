// A table that is wider than its place is scrolled by keyboard too: it takes the focus and says what it is.

const watched = new WeakSet();

function reachable(wrap) {
  const wider = wrap.scrollWidth > wrap.clientWidth;
  if (!wider || wrap.hasAttribute("tabindex")) return;
  wrap.tabIndex = 0;
  wrap.setAttribute("role", "region");
  wrap.setAttribute("aria-label", wrap.querySelector("caption")?.textContent.trim() || document.body.dataset.sayTable);
}

const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));

function watch() {
  for (const wrap of document.querySelectorAll(".table-wrap")) {
    if (watched.has(wrap)) continue;
    watched.add(wrap);
    resized.observe(wrap);
  }
}

document.addEventListener("htmx:afterSettle", watch);
watch();
