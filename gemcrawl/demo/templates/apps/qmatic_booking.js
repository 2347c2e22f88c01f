/* One document for every route; the route is behind the hash. */
const app = document.getElementById("app");
const show = async () => {
  const [, place, what] = location.hash.split("/");
  app.replaceChildren(element("div", { class: "v-progress-circular", role: "progressbar" }));
  const configuration = await ask("rest/schedule/configuration");
  await wait(Number(app.dataset.late));
  if (place !== "preselect" || what !== "services") {
    app.replaceChildren(element("h1", {}, configuration.title), element("a", { href: "#/" }, "Begin"));
    return;
  }
  const steps = element("ol", {}, ...configuration.steps.map((text) => element("li", { class: "process-step-name" }, text)));
  app.replaceChildren(element("h1", {}, "Afspraak maken"), steps, build(configuration.fields, "Volgende", { class: "v-form" }));
};
addEventListener("hashchange", show);
show();
