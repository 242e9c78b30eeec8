// Passkeys are offered where the browser has them, and what goes wrong with one is told on the page.

if (window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey-offer]")) button.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const told = document.createElement("p");
  told.className = "alert warning";
  const said = document.createElement("span");
  said.textContent = document.body.dataset.sayPasskey;
  told.append(said);
  document.getElementById("refusal").replaceChildren(told);
});
