// What is the page as a whole? One place (in the address), one store (from the server), one render when either changes.

import { h, patch } from "./vdom.js";
import { Composer } from "./composer.js";
import { ownDialog, question, sentence } from "./dialogs.js";
import { icon } from "./icons.js";
import { modal } from "./modal.js";
import { main, thread } from "./panes.js";
import { sidebar } from "./sidebar.js";
import { Store } from "./store.js";
import { Surface } from "./surface.js";
import { act, fetchState, stream } from "./wire.js";

const NOTICE_SECONDS = 9;

class App {
  constructor(root) {
    this.root = root;
    this.store = new Store();
    this.tick = 0;
    this.dialog = null;
    this.question = null;
    this.notices = [];
    this.composers = new Map();
    this.surfaces = new Map();
    this.drawn = new Map();
    this.connection = null;
    this.attempt = null;
    this.held = [];
    this.queued = false;
    this.place = { ...fromAddress(), pane: "main" };
    const { store } = this;
    this.names = {
      get me() { return store.me; },
      user: (id) => store.users.get(id),
      channel: (id) => store.channels.get(id),
      called: (user) => store.called(user),
      people: () => store.people(),
      channels: () => store.listed().channels,
      addressOf: (id) => this.address({ view: null, channel: id, thread: null }),
    };
  }

  async start() {
    window.addEventListener("popstate", () => this.arrive({ ...fromAddress(), pane: "main" }));
    document.addEventListener("click", (event) => this.inward(event));
    document.addEventListener("visibilitychange", () => this.render());
    await this.connect(fromAddress().user);
  }

  /** Be somebody: their stream, then their state; again after each gap. */
  async connect(user) {
    this.connection?.close();
    this.connection = null;
    const attempt = (this.attempt = {});
    this.place = { ...this.place, user };
    await this.refresh(user);
    // Somebody else was chosen meanwhile: theirs is the newer attempt.
    if (attempt !== this.attempt) return;
    const me = this.store.me || user;
    this.connection = stream(me, {
      onOpen: () => this.refresh(me),
      onFrame: (frame) => this.take(frame),
      onLost: () => {
        this.store.online = false;
        this.render();
      },
    });
  }

  async refresh(user) {
    this.held.push([]);
    const held = this.held.at(-1);
    try {
      const state = await fetchState(user);
      // A late answer for somebody we are no longer must not win.
      if (user !== this.place.user) return;
      this.store.load(state);
      // The state may be older than what the stream brought while it was fetched.
      for (const frame of held) this.store.take(frame);
      this.store.online = true;
      this.tick += 1;
      this.settlePlace();
      if (this.place.view === "home") this.act("open_home", {});
    } catch (error) {
      this.store.online = false;
      if (!this.store.ready) this.trouble = String(error.message ?? error);
    } finally {
      this.held = this.held.filter((one) => one !== held);
    }
    this.render();
  }

  settlePlace() {
    const { store, place } = this;
    const user = store.me;
    const { channels } = store.listed();
    const first = channels.find((one) => one.name === "general") ?? channels[0];
    // Someone else may not see the channel that was open.
    const known = store.channels.has(place.channel);
    this.place = { ...place, user, channel: known || place.named ? place.channel : (first?.id ?? null), thread: known || place.named ? place.thread : null };
    window.history.replaceState(null, "", this.address(this.place));
  }

  take(frame) {
    for (const held of this.held) held.push(frame);
    if (frame.type === "notice") this.notify(frame.text);
    else if (this.store.take(frame) && (frame.type === "channel" || frame.type === "user")) this.tick += 1;
    this.render();
  }

  address({ user = this.store.me, view, channel, thread: ts }) {
    const query = new URLSearchParams();
    if (user) query.set("user", user);
    if (view === "home") query.set("view", "home");
    else if (channel) query.set("channel", channel);
    if (ts && view !== "home") query.set("thread", ts);
    return `/?${query}`;
  }

  /** Go to a channel, thread, view or pane; what is not named stays, but a new channel closes the thread. */
  go({ focus, ...wanted }) {
    const next = { ...this.place, pane: "main", named: false, ...wanted };
    if (wanted.channel || wanted.view) next.thread = wanted.thread ?? null;
    if (wanted.channel) next.view = null;
    const moved = this.address(next) !== this.address(this.place);
    if (moved) window.history.pushState(null, "", this.address(next));
    this.arrive(next);
    if (focus) this.composer(next.channel, focus === "thread" ? next.thread : null).focus();
  }

  arrive(next) {
    const changesPerson = next.user && next.user !== this.store.me;
    const entersHome = next.view === "home" && this.place.view !== "home";
    this.place = next;
    if (changesPerson) this.connect(next.user);
    else if (entersHome) this.act("open_home", {});
    this.renderNow();
  }

  become(user) {
    if (user !== this.store.me) this.go({ user, thread: this.place.thread });
  }

  /** Links to channels inside messages stay on the page. */
  inward(event) {
    const channel = event.target.closest?.("a[data-channel]")?.dataset.channel;
    if (!channel || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go({ channel });
  }

  ask_server(type, more) {
    return act(this.store.me, type, more);
  }

  /** Do something; a refusal becomes a notice. True when it worked. */
  async act(type, more) {
    const answer = await this.ask_server(type, more);
    if (!answer.ok) this.notify(sentence(answer.error));
    return Boolean(answer.ok);
  }

  ask(confirm) {
    return new Promise((resolve) => {
      const answer = (yes) => {
        this.question = null;
        this.render();
        resolve(yes);
      };
      this.question = { confirm, answer };
      this.render();
    });
  }

  open(dialog) {
    this.dialog = dialog;
    this.render();
  }

  notify(text) {
    const notice = { id: (this.notices.at(-1)?.id ?? 0) + 1, text };
    this.notices = [...this.notices.slice(-3), notice];
    setTimeout(() => this.dismiss(notice.id), NOTICE_SECONDS * 1000);
    this.render();
  }

  dismiss(id) {
    this.notices = this.notices.filter((one) => one.id !== id);
    this.render();
  }

  async copyLink(channel, message) {
    const isReply = message.thread_ts && message.thread_ts !== message.ts;
    const link = new URL(this.address({ view: null, channel, thread: isReply ? message.thread_ts : message.ts }), window.location.href).href;
    await navigator.clipboard?.writeText(link).then(() => this.notify("Link copied."), () => this.notify(link));
  }

  face(id) {
    const user = this.store.users.get(id) ?? this.store.users.get(this.store.bot.user_id);
    return { name: this.store.called(user), color: user?.color, isApp: Boolean(user?.is_bot) };
  }

  composer(channel, ts) {
    const key = `${this.store.me}/${channel}/${ts ?? ""}`;
    if (!this.composers.has(key)) this.composers.set(key, new Composer({ key, app: this, send: (text) => this.say(channel, ts, text) }));
    return this.composers.get(key);
  }

  say(channel, ts, text) {
    const where = { channel, ...(ts ? { thread_ts: ts } : {}) };
    const word = text.match(/^\/[^\s/]+/)?.[0];
    if (!word) return this.act("post", { ...where, text });
    if (this.store.commands.some((one) => one.command === word)) return this.act("command", { ...where, text });
    this.notify(`${word} is not a command here. ${this.store.commands.length ? `Try ${this.store.commands.map((one) => one.command).join(", ")}.` : ""}`);
    return Promise.resolve(false);
  }

  surface(key, place) {
    if (!this.surfaces.has(key)) {
      const send = (action) => this.act("block_action", { ...place, action });
      this.surfaces.set(key, new Surface({ key, place, names: this.names, send, ask: (confirm) => this.ask(confirm), changed: () => this.render() }));
    }
    return this.surfaces.get(key);
  }

  surfaceOf(channel, message, spot) {
    const place = { channel, ts: message.ts, ...(message.ephemeral ? { ephemeral: true } : {}) };
    return this.surface(`${this.store.me}-${spot}-${channel}-${message.ts}`, place);
  }

  surfaceOfView(view) {
    return this.surface(`${this.store.me}-view-${view.id}`, { view_id: view.id });
  }

  render() {
    if (this.queued) return;
    this.queued = true;
    queueMicrotask(() => this.renderNow());
  }

  renderNow() {
    this.queued = false;
    const { store, place } = this;
    if (!store.ready) {
      patch(this.root, h("p", { key: "boot", class: "boot", role: "status" }, this.trouble ?? "Opening the Playground …"));
      return;
    }
    if (place.view !== "home" && document.visibilityState === "visible") store.markRead(place.channel);
    const name = place.view === "home" ? `${store.bot.name} Home` : store.channelName(store.channels.get(place.channel));
    document.title = `${name ? `${name} · ` : ""}Playground`;
    const showsThread = place.thread && place.view !== "home";
    patch(this.root,
      h("div", { key: "shell", class: "shell", "data-pane": showsThread && place.pane !== "list" ? "thread" : place.pane, "data-thread": showsThread ? "open" : null }, sidebar(this), main(this), thread(this)),
      modal(this), ownDialog(this), question(this), this.toasts());
  }

  toasts() {
    const one = (notice) => h("div", { key: notice.id, class: "toast", "data-testid": "notice" }, h("span", null, notice.text), h("button", { type: "button", class: "icon-btn", "aria-label": "Dismiss", on: { click: () => this.dismiss(notice.id) } }, icon("close")));
    return h("div", { key: "toasts", class: "toasts", role: "status", "aria-live": "polite" }, this.notices.map(one));
  }
}

function fromAddress() {
  const query = new URLSearchParams(window.location.search);
  const channel = query.get("channel");
  return { user: query.get("user"), view: query.get("view") === "home" ? "home" : null, channel, thread: query.get("thread"), named: Boolean(channel) };
}

new App(document.getElementById("app")).start();
