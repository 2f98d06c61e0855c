// While the server is there: keeps all that this kiosk needs to go on without it.
import { kept, page, reserve, tell, worker } from "./kiosk-store.js";

const AGAIN_MS = 60_000;
const KEPT = "kiosk";

// The page for then, and everything that it loads.
async function keepPage() {
  const answer = await fetch(page, { cache: "no-store" });
  if (!answer.ok) return;
  const shown = new DOMParser().parseFromString(await answer.clone().text(), "text/html");
  const parts = [...shown.querySelectorAll("link[href], script[src], img[src]")]
    .map((part) => part.getAttribute("href") ?? part.getAttribute("src"))
    .filter((path) => path.startsWith("/static/"));
  const loaded = performance.getEntriesByType("resource").map((part) => new URL(part.name));
  const ours = loaded.filter((part) => part.origin === location.origin && part.pathname.startsWith("/static/"));
  const wanted = new Set([...parts, ...ours.map((part) => part.pathname)]);
  const store = await caches.open(KEPT);
  await Promise.all([...wanted].map((path) => keepPart(store, path)));
  await store.put(page, answer); // last: where it is, all that it needs is
  for (const old of await store.keys()) {
    const { pathname } = new URL(old.url);
    if (pathname.startsWith("/static/") && !wanted.has(pathname)) await store.delete(old);
  }
}

async function keepPart(store, path) {
  const answer = await fetch(path);
  if (answer.ok) await store.put(path, answer);
}

async function keep() {
  try {
    await tell();
    if (Math.abs(Date.now() - kept().asked) < AGAIN_MS / 2) return; // the page before has just done it
    await keepPage();
    await reserve();
  } catch {
    // not there: what was kept before is enough
  }
}

// Only where a browser may keep things: https, or this machine itself.
if (navigator.serviceWorker && navigator.locks) {
  navigator.serviceWorker.register(worker);
  navigator.storage?.persist?.();
  if (!document.querySelector("[data-part]")) {
    keep();
    setInterval(keep, AGAIN_MS);
  }
}
