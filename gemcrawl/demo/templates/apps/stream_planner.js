/* Listens to news that never comes, so that it never has finished loading. */
fetch("/plan/nieuws").catch(() => 0);
new EventSource("/plan/stroom");
ask("/plan/stap.json").then(async (step) => {
  await wait(Number(document.getElementById("root").dataset.late));
  document.getElementById("root").append(element("h1", {}, step.title), build(step.fields, step.button));
});
