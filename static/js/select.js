// Ticking rows of a table in a form with data-select: all of the page, a range with Shift, how many, and what needs some.

for (const form of document.querySelectorAll("form[data-select]")) {
  const rows = [...form.querySelectorAll('tbody input[type="checkbox"]')];
  const page = form.querySelector("[data-select-page]");
  const everything = form.querySelector("[data-select-everything]");
  const count = form.querySelector("[data-select-count]");
  const needing = form.querySelectorAll("[data-select-needed]");
  let last = null;

  const show = () => {
    const ticked = rows.filter((row) => row.checked).length;
    page.checked = ticked === rows.length;
    page.indeterminate = ticked > 0 && ticked < rows.length;
    for (const row of rows) row.disabled = everything.checked;
    for (const button of needing) button.disabled = !ticked && !everything.checked;
    count.textContent = everything.checked ? "" : ticked ? `${ticked} selected` : "Select documents to tag or delete them";
  };

  form.addEventListener("click", (event) => {
    const row = rows.indexOf(event.target);
    if (row < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, row), Math.max(last, row)];
      for (const each of rows.slice(from, to + 1)) each.checked = event.target.checked;
    }
    last = row;
  });
  page.addEventListener("change", () => {
    for (const row of rows) row.checked = page.checked;
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  page.hidden = false;
  show();
}
