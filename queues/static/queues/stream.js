// Full states from a live stream; while it is silent, the same states by asking.
// follow({ live, state, onState(state), onTouch(isInTouch) })
const ASK_SECONDS = 5;
const SILENCE_SECONDS = 40; // the server says something every 15

export function follow({ live, state, onState, onTouch }) {
  let source = null;
  let heard = performance.now();
  let inTouch = true;

  function touch(is) {
    if (is) heard = performance.now();
    if (is !== inTouch) onTouch((inTouch = is));
  }

  function open() {
    source?.close();
    source = new EventSource(live);
    source.addEventListener("message", (event) => {
      touch(true);
      onState(JSON.parse(event.data));
    });
    source.addEventListener("still", () => touch(true));
    heard = performance.now();
  }

  async function ask() {
    try {
      const answer = await fetch(state, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      onState(await answer.json());
      touch(true);
    } catch {
      touch(false);
    }
  }

  open();
  setInterval(() => {
    if (document.hidden) return;
    const silent = performance.now() - heard > SILENCE_SECONDS * 1000;
    if (source.readyState === EventSource.CLOSED || silent) open();
    if (source.readyState !== EventSource.OPEN || silent) ask();
  }, ASK_SECONDS * 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
}
