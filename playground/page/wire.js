// How does the page talk to the server? State once, then a stream that comes back by itself, and acts that answer.

const FIRST_WAIT = 400;
const LONGEST_WAIT = 8000;

const query = (user) => (user ? `?user=${encodeURIComponent(user)}` : "");

/** Everything `user` may see now; an unknown user becomes the server's first person. Throws with a sentence for the person when the server has no answer. */
export async function fetchState(user) {
  const answer = await fetch(`/ui/state${query(user)}`, { cache: "no-store" });
  if (answer.status === 404 && user) return fetchState(null);
  if (!answer.ok) throw new Error(`The server answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  return answer.json();
}

/** Do something as `user`. Never throws: a lost server is `{ok: false, error}` too. */
export async function act(user, type, more) {
  try {
    const answer = await fetch("/ui/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user, type, ...more }),
    });
    const body = await answer.json().catch(() => ({ ok: false, error: `http_${answer.status}` }));
    return body;
  } catch {
    return { ok: false, error: "the Playground's server cannot be reached" };
  }
}

/** Frames for `user` until `close()`. After a gap `onOpen` is called again, so that the caller can fetch the state it missed. */
export function stream(user, { onOpen, onFrame, onLost }) {
  let socket = null;
  let wait = FIRST_WAIT;
  let timer = null;
  let closed = false;

  const open = () => {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${window.location.host}/ui/stream${query(user)}`);
    socket.onopen = () => {
      wait = FIRST_WAIT;
      onOpen();
    };
    socket.onmessage = (event) => onFrame(JSON.parse(event.data));
    socket.onclose = () => {
      if (closed) return;
      onLost();
      timer = setTimeout(open, wait * (0.7 + Math.random() * 0.6));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  };

  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      socket.close();
    },
  };
}
