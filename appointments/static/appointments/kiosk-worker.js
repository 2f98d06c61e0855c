// Stands between the kiosk's pages and the network (served as /kiosk/worker.js).
// While no good answer comes it shows the page that gives numbers without the server, kept
// beforehand by kiosk-offline.js. Answers of people's requests are never kept.
const KEPT = "kiosk";
const PAGE_PATIENCE_MS = 8000;
const PART_PATIENCE_MS = 3000;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, address));
  else if (request.method === "GET" && address.pathname.startsWith("/static/")) event.respondWith(part(request));
});

function within(answer, ms) {
  return Promise.race([answer, new Promise((_, fail) => setTimeout(() => fail(new Error("silence")), ms))]);
}

async function page(request, address) {
  let answer = null;
  try {
    answer = await within(fetch(request), PAGE_PATIENCE_MS);
    if (answer.status < 500) return answer;
  } catch {
    // nobody answers
  }
  const hall = address.pathname.split("/")[2];
  const kept = await caches.match(`/kiosk/${hall}/cut-off/`);
  return kept ?? answer ?? Response.error();
}

async function part(request) {
  const store = await caches.open(KEPT);
  try {
    const answer = await within(fetch(request), PART_PATIENCE_MS);
    if (answer.ok) await store.put(request, answer.clone());
    if (answer.status < 500) return answer;
  } catch {
    // nobody answers
  }
  return (await store.match(request, { ignoreSearch: true })) ?? Response.error();
}
