// How does the page follow its state without flicker? Each render describes the wanted nodes; only what differs is touched,
// so focus, typed text, scroll position and loaded pictures survive. Text is only ever put in text nodes and attributes.

const SVG = "http://www.w3.org/2000/svg";
const SILENT = new Set(["key", "on", "css", "mount", "flash", "value", "checked", "selected", "svg"]);

/** A wanted element; the very same object again means nothing changed. Props: attributes, plus `on` (handlers), `key`, `css` (custom properties), `mount(node)`,
 *  `flash` (highlight when it changes), `value`/`checked`/`selected` (set once, then the person's). */
export function h(tag, props, ...children) {
  const wanted = props ?? {};
  return { tag, props: wanted, key: wanted.key, children: flatten(children) };
}

function flatten(children, into = []) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) flatten(child, into);
    else into.push(typeof child === "object" ? child : { text: String(child) });
  }
  return into;
}

let mounting = [];

/** Make the children of `parent` equal to the wanted ones; what is new hears `mount` once it stands in the page. */
export function patch(parent, ...wanted) {
  fit(parent, wanted);
  const ready = mounting;
  mounting = [];
  for (const node of ready) node.wanted.props.mount(node);
}

function fit(parent, wanted) {
  const next = flatten(wanted);
  const old = [...parent.childNodes];
  const keyed = new Map();
  const free = [];
  for (const node of old) {
    if (node.wanted?.key !== undefined) keyed.set(node.wanted.key, node);
    else free.push(node);
  }
  const nodes = next.map((one) => {
    const found = claim(one, keyed, free);
    return found ?? create(one);
  });
  const kept = new Set(nodes);
  for (const node of old) if (!kept.has(node)) remove(node);
  let cursor = parent.firstChild;
  nodes.forEach((node, at) => {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
    if (node.wanted !== next[at]) update(node, next[at]);
  });
}

function claim(wanted, keyed, free) {
  if (wanted.key !== undefined) {
    const node = keyed.get(wanted.key);
    if (node && node.wanted.tag === wanted.tag) {
      keyed.delete(wanted.key);
      return node;
    }
    return null;
  }
  const at = free.findIndex((node) => node.wanted && node.wanted.tag === wanted.tag);
  return at < 0 ? null : free.splice(at, 1)[0];
}

function create(wanted) {
  if (wanted.text !== undefined) {
    const node = document.createTextNode(wanted.text);
    node.wanted = wanted;
    return node;
  }
  const node = wanted.props.svg ? document.createElementNS(SVG, wanted.tag) : document.createElement(wanted.tag);
  node.heard = new Set();
  attributes(node, {}, wanted.props);
  node.wanted = wanted;
  fit(node, wanted.children);
  // After the children, so that a select has its options before one is chosen.
  for (const name of ["value", "checked", "selected"]) {
    if (wanted.props[name] !== undefined) node[name] = wanted.props[name];
  }
  if (wanted.props.mount) mounting.push(node);
  return node;
}

function update(node, wanted) {
  const before = node.wanted;
  if (wanted.text !== undefined) {
    if (before.text !== wanted.text) node.nodeValue = wanted.text;
    node.wanted = wanted;
    return;
  }
  attributes(node, before.props, wanted.props);
  node.wanted = wanted;
  fit(node, wanted.children);
  if (before.props.flash !== undefined && before.props.flash !== wanted.props.flash) flash(node);
}

function attributes(node, before, after) {
  for (const name of Object.keys(before)) {
    if (!SILENT.has(name) && !(name in after)) node.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(after)) {
    if (SILENT.has(name) || before[name] === value) continue;
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, value] of Object.entries(after.css ?? {})) node.style.setProperty(name, value);
  for (const kind of Object.keys(after.on ?? {})) {
    if (node.heard.has(kind)) continue;
    node.heard.add(kind);
    node.addEventListener(kind, dispatch);
  }
}

function dispatch(event) {
  event.currentTarget.wanted?.props.on?.[event.type]?.(event);
}

function remove(node) {
  // A dialog that is closed first gives the focus back to where it came from.
  if (node.nodeName === "DIALOG" && node.open) {
    node.wanted = undefined;
    node.close();
  }
  node.remove();
}

function flash(node) {
  if (!node.animate || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  node.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], { duration: 1800, easing: "ease-out" });
}
