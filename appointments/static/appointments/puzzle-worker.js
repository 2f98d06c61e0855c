// Looks for the counter whose derived key begins with the asked prefix (ALTCHA v2, PBKDF2).
// Tells {tried} now and then, {solution: {counter, derivedKey}} at the end, or {failed}.

const EVERY = 10;

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function derived({ nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array([...nonce, 0, 0, 0, 0]);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: cost };
  return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
}

async function solve(asked) {
  const ready = { ...asked, nonce: bytes(asked.nonce), salt: bytes(asked.salt) };
  for (let counter = 0; counter < asked.data.tries; counter += 1) {
    const derivedKey = await derived(ready, counter);
    if (derivedKey.startsWith(asked.keyPrefix)) return { counter, derivedKey };
    if (counter % EVERY === 0) postMessage({ tried: counter });
  }
  return null;
}

onmessage = async ({ data }) => {
  try {
    const solution = await solve(data);
    postMessage(solution ? { solution } : { failed: true });
  } catch {
    postMessage({ failed: true });
  }
};
