// Lets people see the password that they type; without scripts the box stays away.

for (const box of document.querySelectorAll("[data-shows]")) {
  const fields = box.form.querySelectorAll('input[type="password"]');
  box.closest("label").hidden = false;
  box.addEventListener("change", () => {
    for (const field of fields) {
      field.type = box.checked ? "text" : "password";
    }
  });
}
