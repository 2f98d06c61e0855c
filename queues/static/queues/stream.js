// Full states from a live stream; while it is silent, the same states by asking.
// follow({ live, state, onState(state), onTouch(isInTouch) }) and for a hall's screen, which
// must not miss a call: onCall(call), onTest(call), after() -> the last call it knows.
const ASK_SECONDS = 5;
const SILENCE_SECONDS = 40; // the server says something every 15
const SLEPT_SECONDS = 15;
const ANSWER_SECONDS = 8;

export function follow({ live, state, onState, onTouch, onCall, onTest, after }) {
  let source = null;
  let heard = Date.now(); // not performance.now(), which stands still while a machine sleeps
  let ticked = Date.now();
  let inTouch = true;

  function touch(is) {
    if (is) heard = Date.now();
    if (is !== inTouch) onTouch((inTouch = is));
  }

  const from = (address) => (after ? `${address}&after=${after()}` : address);

  function open() {
    source?.close();
    source = new EventSource(from(live));
    const on = (kind, heed) =>
      source.addEventListener(kind, (event) => {
        touch(true);
        heed?.(JSON.parse(event.data));
      });
    on("message", onState);
    on("still");
    if (onCall) on("call", onCall);
    if (onTest) on("test", onTest);
    heard = Date.now();
  }

  async function ask() {
    try {
      const signal = AbortSignal.timeout(ANSWER_SECONDS * 1000);
      const answer = await fetch(from(state), { headers: { Accept: "application/json" }, cache: "no-store", signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      news.missed_calls?.forEach((call) => onCall?.(call));
      onState(news);
      touch(true);
    } catch {
      touch(false);
    }
  }

  open();
  setInterval(() => {
    const slept = Date.now() - ticked > SLEPT_SECONDS * 1000;
    ticked = Date.now();
    if (document.hidden) return;
    const silent = Date.now() - heard > SILENCE_SECONDS * 1000;
    if (source.readyState === EventSource.CLOSED || silent || slept) open();
    if (source.readyState !== EventSource.OPEN || silent || slept) ask();
  }, ASK_SECONDS * 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  return { ask, silence: () => Date.now() - heard };
}
