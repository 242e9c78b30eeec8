// The browser knows where it is: its time zone is offered beside the list of all of them.

const list = document.getElementById("id_time_zone");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = list && [...list.options].some((option) => option.value === zone);
const ordinary = list?.options[0].textContent.endsWith(` ${zone}`); // the server's own
if (known && !ordinary && list.value !== zone) {
  const offer = Object.assign(document.createElement("button"), { type: "button", className: "button small" });
  offer.textContent = list.closest("form").dataset.sayZone.replace("{zone}", zone);
  offer.addEventListener("click", () => {
    list.value = zone;
    list.focus();
    offer.remove();
  });
  list.after(offer);
}
