const app = document.getElementById("app");
ask("/agenda.json").then(async (step) => {
  await wait(Number(app.dataset.late));
  app.append(element("h1", {}, step.title), build(step.fields, step.button, { method: "post", action: "/kalender/stap-2" }));
});
