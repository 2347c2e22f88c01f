"use strict";
const ask = (url) => fetch(url, { headers: { Accept: "application/json" } }).then((answer) => {
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
});
/* A quarter of the time that a form takes is the data service's. */
const wait = (ms) => new Promise((done) => setTimeout(done, 0.75 * ms));
const element = (tag, attributes, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...inside);
  return made;
};
const control = (field, number) => {
  const id = `field_${number}_0`, name = field.name || "";
  if (field.type === "radio") {
    const options = field.options.map((text) => element("label", {}, element("input", { type: "radio", name, value: text }), ` ${text}`));
    return element("fieldset", {}, element("legend", {}, field.label), ...options);
  }
  const label = element("label", { for: id }, field.label);
  if (field.type === "select") return element("div", {}, label, element("select", { id, name }, ...field.options.map((text) => element("option", {}, text))));
  if (field.type === "textarea") return element("div", {}, label, element("textarea", { id, name, rows: "6" }));
  return element("div", {}, label, element("input", { id, name, type: field.type || "text" }));
};
const build = (fields, button, attributes) => {
  const form = element("form", attributes, ...fields.map(control), element("button", { type: "submit" }, button));
  if (!form.hasAttribute("action")) form.addEventListener("submit", (event) => event.preventDefault());
  return form;
};
