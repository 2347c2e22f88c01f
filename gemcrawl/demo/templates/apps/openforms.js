/* Fetches the form's definition; an appointment begins by making a submission, which is a POST. */
const mount = document.getElementById("openforms-container");
ask(mount.dataset.baseUrl + "forms/" + mount.dataset.formId).then(async (form) => {
  if (form.type === "appointment") {
    const made = await fetch(mount.dataset.baseUrl + "submissions", { method: "POST", body: "{}" });
    if (!made.ok) throw new Error("submissions");
  }
  for (const step of form.steps) {
    const shown = await ask(mount.dataset.baseUrl + "forms/" + form.uuid + "/steps/" + step.uuid);
    const fields = shown.configuration.components.map((one) => ({ name: one.key, label: one.label, type: one.type === "email" ? "email" : "text" }));
    mount.append(element("h1", {}, form.name), build(fields, "Volgende"));
  }
}).catch(() => { mount.textContent = "Het formulier kan niet worden geladen."; });
