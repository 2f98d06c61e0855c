// Says "请 A 零 幺 二 号 到 三 号窗口": with the browser's Chinese voice where there is one,
// else with recorded syllables (queues/voice/), so that it works without the Internet.
const ZH_DIGITS = ["ling", "yao", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"];
const EN_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const SPOKEN = "零幺二三四五六七八九";

function zhWindow(number) {
  const digits = ["ling", "yi", ...ZH_DIGITS.slice(2)];
  if (number < 10) return [digits[number]];
  const [tens, ones] = [Math.floor(number / 10), number % 10];
  return [...(tens > 1 ? [digits[tens]] : []), "shi", ...(ones ? [digits[ones]] : [])];
}

export function clips(call, english) {
  const [letter, ...digits] = call.number;
  const zh = ["qing", letter, ...digits.map((d) => ZH_DIGITS[d]), "hao", "dao", ...zhWindow(call.window), "window"];
  if (!english) return zh;
  const room = [...String(call.window)].map((d) => `en-${EN_DIGITS[d]}`);
  return [...zh, "pause", "en-number", letter, ...digits.map((d) => `en-${EN_DIGITS[d]}`), "en-window", ...room];
}

export function sentence(call) {
  const [letter, ...digits] = call.number;
  return `请 ${letter} ${digits.map((d) => SPOKEN[d]).join(" ")} 号，到 ${call.window} 号窗口`;
}

export class Voice {
  constructor({ voice, voiceMap, english }) {
    Object.assign(this, { file: voice, map: voiceMap, english: english !== undefined, on: false });
  }

  // A browser lets a page sound only after somebody pressed something on it.
  async turn(on) {
    this.on = on;
    if (!on) {
      speechSynthesis?.cancel();
      return;
    }
    this.context ??= new AudioContext();
    await this.context.resume();
    this.offsets ??= await (await fetch(this.map)).json();
    this.recording ??= await this.context.decodeAudioData(await (await fetch(this.file)).arrayBuffer());
  }

  async say(call) {
    if (!this.on) return;
    const chinese = window.speechSynthesis?.getVoices().find((one) => one.lang.startsWith("zh"));
    try {
      await (chinese && !this.english ? this.speak(sentence(call), chinese) : this.play(clips(call, this.english)));
    } catch (error) {
      console.warn("Not announced:", error);
    }
  }

  speak(text, voice) {
    return new Promise((done) => {
      const said = Object.assign(new SpeechSynthesisUtterance(text), { voice, lang: voice.lang, rate: 0.9 });
      said.onend = said.onerror = done;
      setTimeout(done, 12000); // some browsers forget to say that they have ended
      speechSynthesis.speak(said);
    });
  }

  async play(names) {
    let at = this.context.currentTime + 0.05;
    for (const name of names.filter((one) => this.offsets[one])) {
      const [from, length] = this.offsets[name];
      const source = new AudioBufferSourceNode(this.context, { buffer: this.recording });
      source.connect(this.context.destination);
      source.start(at, from, length);
      at += length;
    }
    await new Promise((done) => setTimeout(done, (at - this.context.currentTime) * 1000));
  }
}
