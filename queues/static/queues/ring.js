// A phone that rings when its number is called: three tones, and a screen that stays on.
// Browsers allow a sound only after somebody has pressed, so there is a button for it.
let sound = null;
let lock = null;

async function stayOn() {
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    lock = null; // low battery, or not allowed: it rings all the same while it is on
  }
}

function tone(at, high) {
  const voice = sound.createOscillator();
  const loudness = sound.createGain();
  voice.frequency.value = high;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.4, at + 0.03);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
  voice.connect(loudness).connect(sound.destination);
  voice.start(at);
  voice.stop(at + 0.45);
}

export function ring() {
  if (!sound) return;
  [660, 880, 660].forEach((high, n) => tone(sound.currentTime + n * 0.45, high));
}

export function ringer(part) {
  if (!part || !window.AudioContext) return;
  const button = part.querySelector("[data-ring-button]");
  part.hidden = false;
  button.addEventListener("click", () => {
    if (sound) {
      sound.close();
      lock?.release();
      sound = lock = null;
    } else {
      sound = new AudioContext();
      tone(sound.currentTime, 880); // heard now, it is heard later
      stayOn();
    }
    button.setAttribute("aria-pressed", String(Boolean(sound)));
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && sound) stayOn();
  });
}
