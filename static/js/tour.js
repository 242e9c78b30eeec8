// The guided tour: the browser remembers the stop, so that it goes on after a reload, on another page, or tomorrow.

const STOP = "tour-stop";
const tour = document.getElementById("tour");

function arrive() {
  const stop = tour.firstElementChild;
  tour.hidden = false;
  const here = stop.dataset.address === location.pathname;
  stop.querySelector("[data-elsewhere]").hidden = here;
  const target = here && stop.dataset.target && document.querySelector(stop.dataset.target);
  if (!target) return;
  target.classList.add("toured");
  target.scrollIntoView({ block: "center" });
}

async function visit(number) {
  for (const one of document.querySelectorAll(".toured")) one.classList.remove("toured");
  await htmx.ajax("GET", `${tour.dataset.address}?stop=${number}`, { target: tour, swap: "innerHTML" });
  if (tour.firstElementChild) arrive();
}

function leave() {
  localStorage.removeItem(STOP);
  tour.hidden = true;
  for (const one of document.querySelectorAll(".toured")) one.classList.remove("toured");
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-stop]");
  if (!control || !tour) return;
  if (!control.dataset.stop) return leave();
  localStorage.setItem(STOP, control.dataset.stop);
  if (control.pathname !== location.pathname) return; // the page that it leads to goes on
  event.preventDefault();
  visit(control.dataset.stop);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && tour?.contains(document.activeElement)) leave();
});

if (tour && localStorage.getItem(STOP)) visit(localStorage.getItem(STOP));
