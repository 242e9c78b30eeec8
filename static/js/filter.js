// An input with data-filter="id" hides the rows of that part whose text lacks what is typed; ticked rows stay.

for (const input of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.getElementById(input.dataset.filter).rows];
  const count = document.getElementById("filtered");
  const apply = () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) {
      const ticked = row.querySelector('input[type="checkbox"]').checked;
      row.hidden = !ticked && !row.querySelector("[data-filter-text]").textContent.toLowerCase().includes(wanted);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = wanted ? `${shown} of ${rows.length}` : "";
  };
  input.addEventListener("input", apply);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  window.addEventListener("pageshow", apply);
  input.hidden = rows.length < 2;
  apply();
}
