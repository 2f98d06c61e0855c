// The test call on the supervisor's own machine, as chosen on the page, saved or not.
import { Voice } from "./voice.js";

const form = document.querySelector("[data-voice-test]");
const hear = form.querySelector("[data-hear]");
const heard = form.querySelector("[data-heard]");
const voice = new Voice(form.dataset);
const chosen = (name) => document.querySelector(`[name=${name}]:checked`);

hear.hidden = false;
hear.addEventListener("click", async () => {
  if (!(await voice.start())) {
    heard.textContent = heard.dataset.none;
    return;
  }
  const call = { number: form.elements.number.value, window: Number(form.elements.window.value) };
  const manner = { by: chosen("voice")?.value, english: Boolean(chosen("voice_english")), own: form.dataset.voiceVersion };
  heard.textContent = (await voice.say(call, manner)) ? heard.dataset.own : heard.dataset.clips;
});
