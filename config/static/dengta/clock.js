// The city's time on a screen: <time data-clock data-now="ISO with offset">19:07</time>.
// It runs from the server's time, so that a wrong clock in the hall's computer shows nothing.
function start(element) {
  const begun = performance.now();
  const given = element.dataset.now;
  const offset = /([+-])(\d\d):(\d\d)$/.exec(given);
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  const city = Date.parse(given) + minutes * 60000;

  function tick() {
    const shown = new Date(city + performance.now() - begun).toISOString().slice(11, 16);
    if (element.textContent !== shown) element.textContent = shown;
  }

  tick();
  setInterval(tick, 1000);
}

document.querySelectorAll("[data-clock][data-now]").forEach(start);
