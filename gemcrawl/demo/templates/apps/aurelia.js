/* Settings, then activities, then the first step; names of controls stay empty, as this product has them. */
ask(document.body.dataset.settings).then((settings) => ask(settings.api + "/activity/listforappointment")).then(async (step) => {
  await wait(Number(document.body.dataset.late));
  document.title = step.title;
  const main = element("main", {}, element("h1", { class: "au-target" }, step.title));
  for (const text of step.steps) main.append(element("step-group-component", {}, element("span", {}, text)));
  main.append(build(step.fields, step.button));
  document.body.replaceChildren(element("div", { id: "container-fluid" }, main));
});
