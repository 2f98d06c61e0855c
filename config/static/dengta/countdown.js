// Counts down to <time data-until="ISO" data-over="Words when it is over">4:59</time>.
// Or up from data-since: how long this person has been served. The server's clock rules:
// data-now says what it showed when the page was made.
const shown = performance.now();

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function now(element) {
  const start = element.dataset.now ? Date.parse(element.dataset.now) : performance.timeOrigin + shown;
  const since = Number(element.dataset.seen ?? shown);
  return start + performance.now() - since;
}

function tick() {
  for (const element of document.querySelectorAll("[data-until], [data-since]")) {
    element.dataset.seen ??= performance.now();
    const { until, since, over } = element.dataset;
    const seconds = (until ? Date.parse(until) - now(element) : now(element) - Date.parse(since)) / 1000;
    if (Number.isNaN(seconds)) continue;
    const text = seconds <= 0 && over ? over : clock(seconds);
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("countdown--soon", Boolean(until) && seconds < 60);
  }
}

tick();
setInterval(tick, 1000);
