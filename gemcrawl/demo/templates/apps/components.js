/* Web components with open shadow trees, one inside the other. */
class Field extends HTMLElement {
  connectedCallback() {
    const field = JSON.parse(this.getAttribute("field"));
    this.attachShadow({ mode: "open" }).append(control(field, this.getAttribute("number")));
  }
}
class Module extends HTMLElement {
  async connectedCallback() {
    const step = await ask(this.getAttribute("source"));
    await wait(Number(this.getAttribute("late")));
    const fields = step.fields.map((field, number) => element("gemeente-veld", { field: JSON.stringify(field), number }));
    const form = element("form", {}, ...fields, element("button", { type: "submit" }, step.button));
    form.addEventListener("submit", (event) => event.preventDefault());
    this.attachShadow({ mode: "open" }).append(element("h2", {}, step.title), form);
  }
}
customElements.define("gemeente-veld", Field);
customElements.define("gemeente-module", Module);
