// Ticking rows of a table in a form with data-select="what to say while none is ticked": all of the page, a range with
// Shift, everything that was found, how many, and what needs some. Rows may be drawn anew while the page is open.

for (const form of document.querySelectorAll("form[data-select]")) {
  const rows = () => [...form.querySelectorAll('tbody input[type="checkbox"]')];
  const page = form.querySelector("[data-select-page]");
  const everything = form.querySelector("[data-select-everything]");
  const count = form.querySelector("[data-select-count]");
  const needing = form.querySelectorAll("[data-select-needed]");
  let last = null;

  const show = () => {
    const all = rows();
    const ticked = all.filter((row) => row.checked).length;
    const whole = everything?.checked ?? false;
    page.checked = ticked === all.length;
    page.indeterminate = ticked > 0 && ticked < all.length;
    for (const row of all) row.disabled = whole;
    for (const button of needing) button.disabled = !ticked && !whole;
    count.textContent = whole ? "" : ticked ? form.dataset.selected.replace("{n}", ticked) : form.dataset.select;
  };

  form.addEventListener("click", (event) => {
    const all = rows();
    const row = all.indexOf(event.target);
    if (row < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, row), Math.max(last, row)];
      for (const each of all.slice(from, to + 1)) each.checked = event.target.checked;
    }
    last = row;
  });
  page.addEventListener("change", () => {
    for (const row of rows()) row.checked = page.checked;
  });
  form.addEventListener("change", show);
  form.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pageshow", show);
  page.hidden = false;
  show();
}
