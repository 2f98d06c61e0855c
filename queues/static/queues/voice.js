// Says a call: with the machine's own Chinese voice where the hall wants it and there is one,
// else with recorded syllables, the hall's own or ours, so that it works without the Internet.
import { enClips, enSentence, zhClips, zhSentence } from "./words.js";

const LONGEST_MS = 12000; // some browsers forget to say that they have ended
const MANDARIN = /^(cmn|zh(?!-(hk|mo|yue)))/i;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// Voices of the machine itself; others ask the Internet for every sentence.
function voiceOf(language) {
  const there = window.speechSynthesis?.getVoices() ?? [];
  return there.find((one) => one.localService && language.test(one.lang.replace("_", "-")));
}

export class Voice {
  constructor({ voice, voiceMap, voiceOwn, voiceOwnMap }) {
    this.files = { clips: [voice, voiceMap], own: [voiceOwn, voiceOwnMap] };
    this.banks = new Map();
    this.on = false;
  }

  // A browser lets a page sound after a press, or at once when it was started for that.
  async start() {
    this.context ??= new AudioContext();
    await Promise.race([this.context.resume(), wait(600)]);
    this.on = this.context.state === "running";
    return this.on;
  }

  stop() {
    this.on = false;
    window.speechSynthesis?.cancel();
  }

  // Whether the machine's own voice said it.
  async say(call, { by, english, own }) {
    if (!this.on) return false;
    const [zh, en] = by === "auto" ? [voiceOf(MANDARIN), voiceOf(/^en/i)] : [];
    try {
      const spoken = zh && (!english || en) && (await this.speak(zhSentence(call), zh));
      if (!spoken) await this.play(call, english, by === "own" ? own : "");
      else if (english) await this.speak(enSentence(call), en);
      return Boolean(spoken);
    } catch (error) {
      console.warn("Not announced:", error);
      return false;
    }
  }

  speak(text, voice) {
    return new Promise((done) => {
      const said = Object.assign(new SpeechSynthesisUtterance(text), { voice, lang: voice.lang, rate: 0.9 });
      const late = setTimeout(() => end(true), LONGEST_MS);
      const end = (spoken) => (clearTimeout(late), done(spoken));
      said.onend = () => end(true);
      said.onerror = () => end(false);
      window.speechSynthesis.speak(said);
    });
  }

  // The sound file and the places of its syllables; a newer recording takes the place.
  async bank(kind, version) {
    if (this.banks.get(kind)?.version !== version) {
      const [sound, map] = await Promise.all(
        this.files[kind].map((file) => fetch(version ? `${file}?v=${version}` : file)),
      );
      if (!sound.ok || !map.ok) throw new Error(`No recording: ${sound.status}`);
      const buffer = await this.context.decodeAudioData(await sound.arrayBuffer());
      this.banks.set(kind, { version, buffer, places: await map.json() });
    }
    return this.banks.get(kind);
  }

  async play(call, english, own) {
    const names = [...zhClips(call), ...(english ? enClips(call) : [])];
    let bank = own && (await this.bank("own", own).catch(() => null));
    if (!bank || names.some((name) => !bank.places[name])) bank = await this.bank("clips", "");
    let at = this.context.currentTime + 0.05;
    for (const name of names.filter((one) => bank.places[one])) {
      const [from, length] = bank.places[name];
      const source = new AudioBufferSourceNode(this.context, { buffer: bank.buffer });
      source.connect(this.context.destination);
      source.start(at, from, length);
      at += length;
    }
    await wait((at - this.context.currentTime) * 1000);
  }
}
