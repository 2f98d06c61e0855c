// What a kiosk keeps in its browser, so that it can give numbers without the server:
// reserved numbers with their addresses and codes, the matters, the hours, and what it gave.
const root = document.querySelector("[data-cut-off]");
export const { cutOff: hall, home, page, worker, ready } = root.dataset;
const NAME = `kiosk ${hall}`;
const PATIENCE_MS = 10_000;
const MOST_SENT = 200;
const EMPTY = { blocks: [], matters: [], hours: [], given: [], refused: [], skew: 0, asking: "", asked: 0 };

export function kept() {
  return { ...EMPTY, ...JSON.parse(localStorage.getItem(NAME) ?? "{}") };
}

// One change at a time, also beside another tab of this kiosk.
function change(work) {
  return navigator.locks.request(NAME, async () => {
    const state = kept();
    const answer = work(state);
    localStorage.setItem(NAME, JSON.stringify(state));
    return answer;
  });
}

function post(path, key, body) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

export async function serverIsThere() {
  try {
    return (await fetch(ready, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
  } catch {
    return false;
  }
}

// Numbers for later. The same key until there is an answer: a lost one comes again.
export async function reserve() {
  const { key, holds } = await change((state) => {
    state.asking ||= crypto.randomUUID();
    return { key: state.asking, holds: state.blocks.map((block) => block.id) };
  });
  const answer = await post(root.dataset.blocks, key, { holds });
  if (answer.status >= 500) return;
  const said = await answer.json().catch(() => null);
  const told = answer.ok ? said : null;
  await change((state) => {
    state.asking = "";
    state.asked = Date.now();
    if (answer.status === 403 && said?.code) state.blocks = []; // shut out: not ours to give
    if (told) remember(state, told);
  });
}

function remember(state, told) {
  const day = told.service_day;
  const known = state.blocks.filter((block) => block.day === day && block.numbers.length);
  const fresh = told.blocks.filter((block) => block.numbers && !known.some((one) => one.id === block.id));
  state.blocks = [...known, ...fresh.map((block) => ({ ...block, day }))];
  state.matters = told.matters;
  state.hours = told.hours.map(({ starts_at, ends_at }) => [Date.parse(starts_at), Date.parse(ends_at)]);
  state.skew = Date.parse(told.now) - Date.now();
}

// The next reserved number of the matter's letter; or why there is none: "closed", "none".
export function give(matter, reference) {
  return change((state) => {
    const now = Date.now() + state.skew;
    if (!state.hours.some(([from, until]) => from <= now && now < until)) return { no: "closed" };
    const block = state.blocks.find((one) => one.prefix === matter.prefix && one.numbers.length);
    if (!block) return { no: "none" };
    const number = block.numbers.shift();
    const row = { prefix: block.prefix, number: number.number, public_id: number.public_id };
    state.given.push({ ...row, matter: matter.code, reference, taken_at: new Date(now).toISOString() });
    return { ...number, taken_at: now };
  });
}

// Tells what was given. Under the same key it is told once; told again it changes nothing.
export async function tell() {
  const rows = kept().given.slice(0, MOST_SENT);
  if (!rows.length) return;
  const given = rows.map(({ reference, ...row }) => (reference ? { ...row, reference } : row));
  const ends = [rows[0].public_id, rows.at(-1).public_id];
  const key = ends.every(Boolean) ? `${ends[0]} ${rows.length} ${ends[1]}` : crypto.randomUUID();
  const answer = await post(root.dataset.given, key, { given });
  if (!answer.ok) return;
  const { fates } = await answer.json();
  const refused = rows.filter((_row, at) => fates[at]?.outcome === "refused"); // a supervisor decides
  const told = new Set(rows.map((row) => row.public_id));
  await change((state) => {
    state.given = state.given.filter((row) => !told.has(row.public_id));
    state.refused = [...state.refused, ...refused].slice(-20);
  });
}
