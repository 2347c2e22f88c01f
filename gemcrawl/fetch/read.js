/*
 * Waits until a document has settled, and writes it as HTML.  Evaluated in an isolated world: the page's scripts cannot change what this
 * one calls.  Named elements do shadow properties of forms and of the document here too, so everything is read with the getters of the
 * prototypes.  Nothing is clicked or filled in, and no value of a field is read.
 *
 * options: patience (ms that this document may still take), least (ms before a document without a form is taken for finished), limit (ms of
 * the clock on the wall after which it is written as it is), frames (whether a frame is something to stop waiting for), characters and nodes
 * (limits).  The first two are of time in which the page could run: on a busy machine, or while its own scripts keep it busy, the clock says
 * nothing about how far a page has come.
 */
async (options) => {
  "use strict";
  const getter = (type, name) => {
    const found = Object.getOwnPropertyDescriptor(type.prototype, name).get;
    return (object) => found.call(object);
  };
  const method = (type, name) => {
    const found = type.prototype[name];
    return (object, ...rest) => found.apply(object, rest);
  };
  const first = getter(Node, "firstChild"), next = getter(Node, "nextSibling"), kind = getter(Node, "nodeType");
  const up = getter(Node, "parentNode"), text = getter(Node, "textContent"), rootOf = method(Node, "getRootNode");
  const tagOf = getter(Element, "localName"), space = getter(Element, "namespaceURI"), shadow = getter(Element, "shadowRoot");
  const get = method(Element, "getAttribute"), has = method(Element, "hasAttribute"), names = method(Element, "getAttributeNames");
  const box = method(Element, "getBoundingClientRect"), shown = method(Element, "checkVisibility"), assignedTo = getter(Element, "assignedSlot");
  const assigned = method(HTMLSlotElement, "assignedNodes"), hostOf = getter(ShadowRoot, "host");
  const rootElement = getter(Document, "documentElement")(document), state = getter(Document, "readyState");
  const address = getter(Document, "URL")(document), base = getter(Node, "baseURI")(document);
  const all = method(Document, "querySelectorAll"), allInside = method(DocumentFragment, "querySelectorAll");
  const allWithin = method(Element, "querySelectorAll");
  const byId = { document: method(Document, "getElementById"), shadow: method(DocumentFragment, "getElementById") };
  const XHTML = "http://www.w3.org/1999/xhtml";
  const CONTROLS = new Set(["input", "select", "textarea"]);
  const NOT_FILLED = new Set(["hidden", "submit", "button", "reset", "image"]);
  const FRAMES = 'iframe,frame,object:is(:not([type]),[type="text/html"]),embed:is(:not([type]),[type="text/html"])';
  const SEARCH = /zoek|search|\bquery\b|^[qs]$/i;
  const now = () => performance.now();
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const LONGEST_STEP = 120; /* ms that a wait counts for at most: one that took longer was kept waiting itself */

  const typeOf = (node) => {
    const tag = tagOf(node);
    return tag === "input" ? (get(node, "type") || "text").trim().toLowerCase() : tag;
  };
  const parentOf = (node) => {
    const parent = assignedTo(node) || up(node);
    return parent && kind(parent) === 11 && parent instanceof ShadowRoot ? hostOf(parent) : parent;
  };
  const ancestor = (node, test, steps) => {
    for (let at = parentOf(node), left = steps; at && kind(at) === 1 && left > 0; at = parentOf(at), left -= 1) if (test(at)) return at;
    return null;
  };

  /* --- waiting --- */

  const roots = new Set();
  let spent = 0, changed = 0, unfinished = false;
  const observer = new MutationObserver(() => { changed = spent; });
  const watch = (root) => {
    if (roots.has(root) || roots.size > 500) return;
    roots.add(root);
    observer.observe(root, { childList: true, subtree: true });
  };
  /* Open shadow trees, nested ones too; only hosts with a hyphen in their names are looked for while waiting, which is quick. */
  const pierce = () => {
    let seen = 0;
    for (const root of roots) {
      for (const node of root === document ? all(document, "*") : allInside(root, "*")) {
        if ((seen += 1) > options.nodes) return;
        const inner = shadow(node);
        if (inner) watch(inner);
      }
    }
  };
  const isSearch = (node) => {
    if (typeOf(node) === "search" || ancestor(node, (at) => get(at, "role") === "search" || tagOf(at) === "search", 8)) return true;
    return ["name", "id", "placeholder", "aria-label"].some((name) => SEARCH.test((get(node, name) || "").slice(0, 100)));
  };
  /* 2: a form to fill in; 1: a lone field or a frame; 0: nothing yet. */
  const found = () => {
    let fields = 0, lone = 0, looked = 0;
    const boxes = new Map();
    for (const root of roots) {
      for (const node of root === document ? all(document, "input,select,textarea") : allInside(root, "input,select,textarea")) {
        if ((looked += 1) > 500) return 2;
        const type = typeOf(node);
        if (NOT_FILLED.has(type) || isSearch(node) || !(shown(node) || ["radio", "checkbox", "file"].includes(type))) continue;
        if (type === "textarea" || type === "radio") return 2;
        const owner = ancestor(node, (at) => tagOf(at) === "form", 40) || rootElement;
        if (type === "checkbox") { lone = 1; continue; } /* a cookie banner has only these */
        fields = (boxes.get(owner) || 0) + 1;
        if (fields > 1) return 2;
        boxes.set(owner, fields);
        lone = 1;
      }
    }
    return lone;
  };
  const frames = () => {
    let count = 0;
    for (const root of roots) {
      for (const node of root === document ? all(document, FRAMES) : allInside(root, FRAMES)) {
        if (count > 50) return count;
        if (get(node, "loading") === "lazy") node.setAttribute("loading", "eager");
        const source = has(node, "srcdoc") ? "srcdoc" : get(node, tagOf(node) === "object" ? "data" : "src");
        if (source && !/^(?:about|javascript|data|blob):/i.test(source.trim()) && shown(node)) {
          const at = box(node);
          if (at.width > 30 && at.height > 30) count += 1;
        }
      }
    }
    return count;
  };
  /* Whether the document itself says that more is to come. */
  const busy = () => {
    for (const root of roots) {
      const signs = "[aria-busy=true],[role=progressbar],[class*=spinner],[class*=loading],[class*=loader],[class*=skeleton]";
      for (const node of [...(root === document ? all(document, signs) : allInside(root, signs))].slice(0, 50)) if (shown(node)) return true;
    }
    return false;
  };
  const settle = async () => {
    const start = now();
    watch(document);
    let since = -1;
    for (;;) {
      pierce();
      const what = found(), quiet = spent - changed, at = now();
      const parsed = state(document) !== "loading";
      if (what === 2 && since < 0) since = spent;
      unfinished = spent < options.patience && at - start >= options.limit;
      if (spent >= options.patience || unfinished) return what;
      if (what === 2 && parsed && (quiet >= 150 || spent - since > 1000)) return what;
      if (what < 2 && options.frames && parsed && frames() && quiet >= 150) return what;
      if (what < 2 && parsed && state(document) === "complete" && quiet >= 300 && spent >= options.least && !busy()) return what;
      await sleep(what === 2 ? 40 : 60);
      spent += Math.min(now() - at, LONGEST_STEP);
    }
  };

  /* --- writing --- */

  const VOID = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]);
  const DROPPED = new Set(["style", "noscript", "template", "svg", "math", "slot"]);
  const TEXTUAL = new Set(["text", "email", "tel", "url", "number", "password", "textarea"]);
  const BUTTONS = new Set(["submit", "button", "reset", "image"]);
  const parts = [];
  let written = 0, visited = 0;
  const put = (piece) => { written += piece.length; parts.push(piece); };
  const full = () => written > options.characters || visited > options.nodes;
  const plain = (value) => value.replace(/[&<>]/g, (c) => (c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;"));
  const quoted = (value) => value.replace(/[&"<>]/g, (c) => (c === "&" ? "&amp;" : c === '"' ? "&quot;" : c === "<" ? "&lt;" : "&gt;"));
  const fold = (value) => value.slice(0, 2000).replace(/\s+/g, " ").trim().slice(0, 200);

  /* Out of anybody's sight for good: moved out to the left or top, without size, or transparent.  What is not laid out at all may be a
     later step of the form.  Only fields to type in: others are often replaced by something drawn. */
  const unseen = (node) => {
    if (!TEXTUAL.has(typeOf(node)) || !shown(node)) return false;
    if (!shown(node, { opacityProperty: true, visibilityProperty: true })) return true;
    const at = box(node);
    if (at.width < 2 || at.height < 2 || at.right + scrollX <= 0 || at.bottom + scrollY <= 0) return true;
    return Boolean(ancestor(node, (outer) => {
      const size = box(outer);
      return (size.width < 2 || size.height < 2) && size.width + size.height > 0 && getComputedStyle(outer).overflow !== "visible";
    }, 4));
  };
  const textOf = (node) => fold(text(node) || "");
  const byIds = (node, ids) => {
    const root = rootOf(node);
    return ids.split(/\s+/).slice(0, 5).map((id) => {
      const named = root === document ? byId.document(document, id) : root instanceof DocumentFragment ? byId.shadow(root, id) : null;
      return named ? textOf(named) : "";
    }).join(" ").trim();
  };
  const labelsOf = (node) => {
    const type = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement].find((one) => node instanceof one);
    const labels = type ? getter(type, "labels")(node) : null;
    return labels ? fold([...labels].slice(0, 3).map((label) => textOf(label)).join(" ")) : "";
  };
  /* The name of a control whose label the reader of the HTML could not find: given by property, or within a shadow tree. */
  const nameOf = (node) => {
    const related = node.ariaLabelledByElements;
    if (Array.isArray(related) && related.length) {
      const name = fold(related.slice(0, 5).map((one) => textOf(one)).join(" "));
      if (name && !has(node, "aria-labelledby")) return name;
    }
    const root = rootOf(node);
    if (!(root instanceof ShadowRoot)) return "";
    const own = byIds(node, get(node, "aria-labelledby") || "") || get(node, "aria-label") || labelsOf(node);
    if (own) return fold(own);
    const host = hostOf(root);
    const given = byIds(host, get(host, "aria-labelledby") || "") || get(host, "aria-label") || get(host, "label");
    if (given) return fold(given);
    const id = get(host, "id"), around = rootOf(host);
    if (id && around instanceof Node) {
      const labels = around === document ? all(document, "label[for]") : allInside(around, "label[for]");
      for (const label of [...labels].slice(0, 500)) if (get(label, "for") === id) return textOf(label);
    }
    const wrapping = ancestor(host, (at) => tagOf(at) === "label", 3);
    return wrapping ? textOf(wrapping) : "";
  };
  /* Forms with controls that do not stand in them, and those controls, by a number that the reader of the HTML knows (gemcrawl/forms/owners.py). */
  const OWNER = "gemcrawl-form";
  const owners = new Map();
  const formOf = (node) => {
    const type = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement, HTMLButtonElement].find((one) => node instanceof one);
    return type ? getter(type, "form")(node) : null;
  };
  const number = () => {
    let count = 0;
    for (const root of roots) {
      for (const node of root === document ? all(document, "input,select,textarea,button") : allInside(root, "input,select,textarea,button")) {
        const form = (count += 1) < 3000 ? formOf(node) : null;
        if (!form || ancestor(node, (at) => tagOf(at) === "form", 200) === form) continue;
        if (!owners.has(form)) owners.set(form, owners.size + 1);
        owners.set(node, owners.get(form));
      }
    }
  };
  const attributes = (node, tag) => {
    const control = CONTROLS.has(tag);
    const name = control ? nameOf(node) : "";
    const skip = new Set(["srcset", "sizes", "nonce", "integrity"]);
    skip.add(OWNER);
    if (owners.has(node)) put(` ${OWNER}="${owners.get(node)}"`);
    if (name) skip.add("aria-label").add("aria-labelledby");
    if (control && !BUTTONS.has(typeOf(node))) skip.add("value");
    for (const key of names(node).slice(0, 60)) {
      if (skip.has(key) || !/^[a-zA-Z_:@][\w:.@-]{0,80}$/.test(key)) continue;
      let value = get(node, key) || "";
      if (key === "src" && value.startsWith("data:")) value = "data:,";
      if (key === "srcdoc") value = ""; /* read as a document of its own */
      put(value ? ` ${key}="${quoted(value.slice(0, 2000))}"` : ` ${key}`);
    }
    if (name) put(` aria-label="${quoted(name)}"`);
    if (control && !has(node, "hidden") && unseen(node)) put(" hidden");
  };
  const script = (node) => {
    put("<script");
    attributes(node, "script");
    put(">");
    if (!has(node, "src")) {
      const source = text(node) || "";
      const json = /json/i.test(get(node, "type") || "");
      if (json || /api|http|location/i.test(source.slice(0, 2000))) put(source.slice(0, json ? 20000 : 2000).replace(/<(?=[/!])/g, "\\u003c"));
    }
    put("</script>");
  };
  const childrenOf = (node) => {
    const list = [];
    for (let child = first(node); child && list.length < options.nodes; child = next(child)) list.push(child);
    return list;
  };
  /* Of a drawing only its links. */
  const drawn = (node) => {
    for (const link of [...allWithin(node, "a")].slice(0, 100)) {
      const to = get(link, "href") || get(link, "xlink:href");
      if (to) put(`<a href="${quoted(to.slice(0, 2000))}">${plain(textOf(link))}</a>`);
    }
  };
  const write = () => {
    const stack = [{ close: "", nodes: [rootElement], at: 0 }];
    put("<!DOCTYPE html>");
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top.at >= top.nodes.length || full()) {
        put(top.close);
        stack.pop();
        continue;
      }
      const node = top.nodes[top.at++];
      visited += 1;
      const type = node ? kind(node) : 0;
      if (type === 3) put(plain((text(node) || "").slice(0, 20000)));
      if (type !== 1) continue;
      const tag = tagOf(node);
      if (tag === "slot" && space(node) === XHTML) {
        const given = assigned(node, { flatten: true });
        stack.push({ close: "", nodes: given.length ? given : childrenOf(node), at: 0 });
        continue;
      }
      if (tag === "svg") drawn(node);
      if (space(node) !== XHTML || DROPPED.has(tag) || !/^[a-z][a-z0-9.-]{0,60}$/.test(tag)) continue;
      if (tag === "script") { script(node); continue; }
      put(`<${tag}`);
      attributes(node, tag);
      put(">");
      if (tag === "head" && !/^https?:/.test(address) && /^https?:/.test(base)) put(`<base href="${quoted(base)}">`);
      if (VOID.has(tag)) continue;
      if (tag === "iframe" || tag === "textarea") { put(`</${tag}>`); continue; }
      stack.push({ close: `</${tag}>`, nodes: childrenOf(shadow(node) || node), at: 0 });
    }
    return parts.join("");
  };

  const what = await settle();
  observer.disconnect();
  number();
  return { url: address, html: write(), found: what, frames: frames(), spent, unfinished };
}
