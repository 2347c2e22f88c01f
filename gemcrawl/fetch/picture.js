// Finds a form again, outlines it, and says where it is; nothing is clicked, filled in or sent.
(options) => {
  const roots = [document];
  const found = [];
  for (let i = 0; i < roots.length && i < 200; i++) {
    for (const element of roots[i].querySelectorAll("*")) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
    }
  }
  const wanted = new Set(options.fields);
  const count = new Map();
  for (const root of roots) {
    for (const field of root.querySelectorAll("input, select, textarea")) {
      if (!wanted.has(field.getAttribute("name") || field.getAttribute("id") || "")) continue;
      const form = field.closest("form") || field.parentElement;
      if (form) count.set(form, (count.get(form) || 0) + 1);
      found.push(field);
    }
    for (const form of root.querySelectorAll("form")) {
      if (options.action !== null && form.getAttribute("action") === options.action) count.set(form, (count.get(form) || 0) + 1);
    }
  }
  let best = null;
  for (const [form, fields] of count) {
    const area = form.getBoundingClientRect();
    if (area.width > 0 && area.height > 0 && (best === null || fields > count.get(best))) best = form;
  }
  if (best === null) return null;
  if (best.tagName !== "FORM") {  // fields in no form: what holds them all
    while (best.parentElement && !found.every((field) => best.contains(field))) best = best.parentElement;
  }
  best.style.setProperty("outline", "5px solid #d3002d", "important");
  best.style.setProperty("outline-offset", "3px", "important");
  const area = best.getBoundingClientRect();
  const page = document.documentElement;
  return {
    top: area.top + scrollY, bottom: area.bottom + scrollY,
    width: Math.max(page.clientWidth, area.right + scrollX), height: Math.max(page.scrollHeight, area.bottom + scrollY),
  };
}
