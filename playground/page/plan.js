// How far is the plan? Its tasks with a mark and a word for each state, so that colour alone never tells.

import { h } from "./vdom.js";
import { icon } from "./icons.js";
import { safeHref } from "./links.js";
import { richText } from "./richtext.js";

const STATES = {
  pending: ["Waiting", null],
  in_progress: ["In progress", null],
  complete: ["Done", "check"],
  error: ["Failed", "bang"],
};

const text = (value) => (typeof value === "string" ? value : (value?.text ?? ""));
const isDone = (task) => task.status === "complete" || task.status === "error";

/** A `plan` block: title, how many tasks are over, and the tasks. */
export function plan(block, names) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter(isDone).length;
  const share = tasks.length ? done / tasks.length : 0;
  const track = { class: "plan-track", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": String(tasks.length), "aria-valuenow": String(done), "aria-label": "Tasks over", css: { "--share": String(share) } };
  return h("section", { class: "plan", "aria-label": text(block.title) || "Plan" },
    h("div", { class: "plan-head" },
      h("span", { class: "plan-title" }, text(block.title)),
      h("span", { class: "plan-count" }, `${done} of ${tasks.length}`),
      h("span", track)),
    h("ol", { class: "tasks" }, tasks.map((task, at) => taskCard(task, names, "li", task.task_id ?? String(at)))));
}

/** One task: state, title, what it says and what it found, and its sources. */
export function taskCard(task, names, tag, key) {
  const [word, mark] = STATES[task.status] ?? STATES.pending;
  return h(tag, { key, class: `task task-${task.status ?? "pending"}`, flash: `${task.status}${JSON.stringify(task.output ?? null)}` },
    h("span", { class: "task-mark" }, mark ? icon(mark) : null),
    h("div", { class: "task-body" },
      h("span", { class: "task-title" }, h("span", { class: "sr" }, `${word}: `), text(task.title)),
      task.details ? h("div", { class: "task-note" }, richText(task.details, names)) : null,
      task.output ? h("div", { class: "task-note task-output" }, richText(task.output, names)) : null,
      task.sources?.length ? h("span", { class: "task-sources" }, task.sources.map(source)) : null));
}

function source(one) {
  const href = safeHref(one.url);
  const label = text(one.text) || one.url;
  return href ? h("a", { class: "chip", href, target: "_blank", rel: "noopener noreferrer" }, icon("link"), label) : h("span", { class: "chip" }, label);
}
