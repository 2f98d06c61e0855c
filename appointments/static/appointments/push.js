// "Tell this browser": the browser is asked, then the ticket remembers it. The part stays
// hidden where a browser cannot, and comes anew whenever the ticket's state changes.
const SCOPE = "/t/";
const place = document.querySelector("[data-alert]");

const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function ask(part, action, subscription) {
  const answer = await fetch(part.dataset.at, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": part.querySelector("[name=csrfmiddlewaretoken]").value },
    body: JSON.stringify({ action, subscription, key: crypto.randomUUID() }),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail ?? part.dataset.failed);
  return told.on;
}

async function known() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

// A subscription that was made for another key of the city is of no use.
async function subscribe(part) {
  await navigator.serviceWorker.register(part.dataset.worker, { scope: SCOPE });
  const { pushManager } = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: part.dataset.push };
  try {
    return await pushManager.subscribe(wanted);
  } catch (error) {
    const old = await pushManager.getSubscription();
    if (!old) throw error;
    await old.unsubscribe();
    return pushManager.subscribe(wanted);
  }
}

function draw(part, on) {
  part.querySelector("[data-push-on]").hidden = on;
  part.querySelector("[data-push-off]").hidden = !on;
}

async function on(part) {
  if ((await Notification.requestPermission()) !== "granted") throw new Error(part.dataset.denied);
  let subscription = null;
  try {
    subscription = await subscribe(part);
  } catch {
    throw new Error(part.dataset.failed);
  }
  return ask(part, "on", subscription);
}

async function off(part) {
  const subscription = await known();
  return subscription ? ask(part, "off", subscription) : false;
}

async function pressed(part, act) {
  const buttons = part.querySelectorAll("button");
  const said = part.querySelector("[data-push-said]");
  buttons.forEach((button) => (button.disabled = true));
  said.textContent = "";
  try {
    const is = await act(part);
    draw(part, is);
    said.textContent = is ? part.dataset.isOn : part.dataset.isOff;
  } catch (error) {
    said.textContent = error.message || part.dataset.failed;
  }
  buttons.forEach((button) => (button.disabled = false));
  part.querySelector("button:not([hidden])").focus({ preventScroll: true });
}

async function begin() {
  const part = place.querySelector("[data-push]");
  if (!part || !can || part.dataset.begun) return;
  part.dataset.begun = "yes";
  const subscription = await known().catch(() => null);
  draw(part, subscription ? await ask(part, "look", subscription).catch(() => false) : false);
  part.querySelector("[data-push-on]").addEventListener("click", () => pressed(part, on));
  part.querySelector("[data-push-off]").addEventListener("click", () => pressed(part, off));
  part.hidden = false;
}

place?.addEventListener("htmx:afterSettle", begin);
if (place) begin();
