const root = document.querySelector("app-root");
const routes = {
  "#/": () => root.replaceChildren(element("h1", {}, "Loket"), element("p", {}, "Welkom.")),
  "#/afspraak-maken": async () => {
    root.replaceChildren(element("div", { class: "spinner", "aria-busy": "true" }));
    const form = await ask("/app/data/afspraak.json");
    await wait(Number(root.dataset.late));
    document.title = form.title;
    root.replaceChildren(element("h1", {}, form.title), build(form.fields, form.button));
  },
};
const go = () => (routes[location.hash] || routes["#/"])();
addEventListener("hashchange", go);
go();
