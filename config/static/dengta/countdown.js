// Counts down to <time data-until="ISO" data-over="Words when it is over">4:59</time>.
// Or up from data-since: how long this person has been served. The server's clock rules:
// data-now says what it showed when the page was made.
// What makes sense only while it counts stands in [data-counting] and is shown here.
// Screen readers hear [data-said-until]: at the minutes of SAID, and when it is over.
const shown = performance.now();
const SAID = [10, 5, 2, 1];

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
  document.querySelectorAll("[data-said-until]").forEach(say);
}

// Said once for each moment that is reached while the page is open, never what has passed.
function say(element) {
  element.dataset.seen ??= performance.now();
  const { saidUntil, over, said, saidOne, spoken } = element.dataset;
  const minutes = Math.ceil((Date.parse(saidUntil) - now(element)) / 60000);
  const moment = minutes <= 0 ? 0 : SAID.findLast((one) => minutes <= one);
  if (moment === undefined || String(moment) === spoken) return;
  element.dataset.spoken = String(moment);
  if (moment > 0 && minutes < moment) return;
  element.textContent = moment === 0 ? over : moment === 1 ? saidOne : said.replace("{minutes}", moment);
}

for (const element of document.querySelectorAll("[data-counting]")) element.hidden = false;
tick();
setInterval(tick, 1000);
