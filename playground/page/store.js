// What does this person know now? The server's state, kept true by its frames.

const byName = (a, b) => (a.name ?? "").localeCompare(b.name ?? "", "en", { numeric: true });

const OVER = new Set(["", "active", "closed"]);

const FRAMES = {
  message: (store, frame) => store.put(frame.channel, frame.message),
  message_changed: (store, frame) => store.put(frame.channel, frame.message),
  ephemeral: (store, frame) => store.put(frame.channel, { ...frame.message, ephemeral: true }),
  message_deleted: (store, frame) => {
    store.messages.get(frame.channel)?.delete(frame.ts);
    store.order.delete(frame.channel);
  },
  channel: (store, frame) => store.channels.set(frame.channel.id, { ...store.channels.get(frame.channel.id), ...frame.channel }),
  user: (store, frame) => store.users.set(frame.user.id, frame.user),
  view: (store, frame) => (store.views = frame.views ?? []),
  home: (store, frame) => (store.home = frame.view),
  bot: (store, frame) => (store.bot = { ...store.bot, connected: frame.connected }),
  status: (store, frame) => store.setStatus(frame),
  reaction: (store, frame) => {
    const message = store.messages.get(frame.channel)?.get(frame.ts);
    if (message) store.put(frame.channel, { ...message, reactions: frame.reactions });
  },
};

export class Store {
  constructor() {
    this.ready = false;
    this.online = false;
    this.reads = new Map();
    this.load({});
    this.ready = false;
  }

  /** Replace everything with the server's state; what was read stays read. */
  load(state) {
    this.team = state.team ?? { name: "Playground" };
    this.me = state.me ?? "";
    this.users = new Map((state.users ?? []).map((user) => [user.id, user]));
    this.channels = new Map((state.channels ?? []).map((channel) => [channel.id, channel]));
    this.messages = new Map();
    this.order = new Map();
    for (const [channel, messages] of Object.entries(state.messages ?? {})) {
      this.messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
    }
    this.commands = state.commands ?? [];
    this.shortcuts = state.shortcuts ?? [];
    this.home = state.home ?? null;
    this.views = state.views ?? [];
    this.bot = state.bot ?? { connected: true, name: "the app" };
    this.scenarios = state.scenarios ?? [];
    this.statuses = new Map();
    for (const status of state.statuses ?? []) this.setStatus(status);
    this.ready = true;
    if (this.reads.has(this.me)) return;
    this.reads.set(this.me, new Map([...this.channels.keys()].map((id) => [id, this.newest(id)])));
  }

  get read() {
    return this.reads.get(this.me);
  }

  /** Take one frame; false when it is of no kind this page knows. */
  take(frame) {
    if (!Object.hasOwn(FRAMES, frame.type)) return false;
    FRAMES[frame.type](this, frame);
    return true;
  }

  put(channel, message) {
    if (!this.messages.has(channel)) this.messages.set(channel, new Map());
    this.messages.get(channel).set(message.ts, message);
    this.order.delete(channel);
  }

  setStatus({ channel, thread_ts: thread, status }) {
    const key = `${channel}/${thread ?? ""}`;
    this.statuses.delete(key);
    if (!OVER.has(status)) this.statuses.set(key, { channel, thread: thread ?? null, status });
  }

  /** What the app says it is doing: in one thread, or the latest in a whole channel. */
  status(channel, thread = undefined) {
    const all = [...this.statuses.values()].filter((one) => one.channel === channel && (thread === undefined || one.thread === thread));
    return all.at(-1) ?? null;
  }

  /** Messages of one channel, oldest first. */
  all(channel) {
    if (!this.order.has(channel)) {
      this.order.set(channel, [...(this.messages.get(channel)?.values() ?? [])].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0)));
    }
    return this.order.get(channel);
  }

  message(channel, ts) {
    return this.messages.get(channel)?.get(ts) ?? null;
  }

  /** Reply counts and people of every thread in a channel, by the root's ts. */
  threads(channel) {
    const threads = new Map();
    for (const message of this.all(channel)) {
      const root = message.thread_ts;
      if (!root || root === message.ts) continue;
      const thread = threads.get(root) ?? { count: 0, users: [], last: root };
      thread.count += 1;
      thread.last = message.ts;
      const author = message.user ?? message.bot_id;
      if (author && !thread.users.includes(author)) thread.users.push(author);
      threads.set(root, thread);
    }
    return threads;
  }

  newest(channel) {
    return this.all(channel).at(-1)?.ts ?? "0";
  }

  markRead(channel) {
    this.read.set(channel, this.newest(channel));
  }

  /** How many messages of others are new in a channel, and whether one of them names this person. */
  unread(channel) {
    const since = this.read.get(channel) ?? "0";
    const fresh = this.all(channel).filter((message) => message.ts > since && message.user !== this.me);
    return { count: fresh.length, mentioned: fresh.some((message) => JSON.stringify([message.text, message.blocks]).includes(`<@${this.me}`)) };
  }

  /** Channels in the order of the list: open ones by name; direct messages apart. */
  listed() {
    const all = [...this.channels.values()];
    return {
      channels: all.filter((channel) => !channel.is_im && !channel.is_archived && (!channel.is_private || this.isMember(channel))).sort(byName),
      directs: all.filter((channel) => channel.is_im),
    };
  }

  isMember(channel) {
    return !channel.members || channel.members.includes(this.me);
  }

  people() {
    return [...this.users.values()].filter((user) => !user.is_bot && user.id !== "USLACKBOT").sort(byName);
  }

  /** The name people read: the display name, or the first name where that is only the handle. */
  called(user) {
    const shown = user?.profile?.display_name;
    if (shown && shown !== user.name) return shown;
    return user?.real_name?.split(" ")[0] || user?.name || "someone";
  }

  channelName(channel) {
    if (!channel) return "";
    if (!channel.is_im) return channel.name;
    const other = channel.user && channel.user !== this.me ? channel.user : (channel.members ?? []).find((id) => id !== this.me);
    return this.called(this.users.get(other ?? this.bot.user_id));
  }
}
