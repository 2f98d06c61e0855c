// Shows the notice that a turn is near, also while the ticket's page is closed (served as
// /push-worker.js, in charge of /t/). It keeps nothing and stands before no request.
addEventListener("install", () => skipWaiting());

addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // not from us; browsers want something to be shown all the same
  }
  const options = { body: told.body ?? "", tag: told.page ?? "", data: told.page ?? "" };
  event.waitUntil(registration.showNotification(told.title ?? "Dengta", options));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

async function show(page) {
  if (!page.startsWith("/t/")) return null;
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const mine = open.find((one) => new URL(one.url).pathname === page);
  return mine ? mine.focus() : clients.openWindow(page);
}
