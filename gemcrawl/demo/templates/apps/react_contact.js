/* A form that the site's own script makes, and that sends to a data service. */
const root = document.getElementById("react-root");
const service = root.dataset.service;
Promise.race([fetch(service.replace(/\/?$/, "/status")).catch(() => 0), wait(200)]).then(() => ask(root.dataset.source)).then(async (step) => {
  await wait(Number(root.dataset.late));
  root.replaceChildren(element("h2", {}, step.title), build(step.fields, step.button, { id: "contact-app" }));
});
