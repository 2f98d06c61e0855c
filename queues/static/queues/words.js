// What is said for a call. A012 at window 3: "请 A 零 幺 二 号，到 三号窗口".
const ZH_DIGITS = ["ling", "yao", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"];
const EN_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const SPOKEN = "零幺二三四五六七八九";
const SPELT = { H: "诶曲", W: "达不溜", Z: "贼德" }; // letters that Chinese voices read badly

function zhWindow(number) {
  const digits = ["ling", "yi", ...ZH_DIGITS.slice(2)];
  if (number < 10) return [digits[number]];
  if (number > 99) return [...String(number)].map((digit) => ZH_DIGITS[digit]);
  const [tens, ones] = [Math.floor(number / 10), number % 10];
  return [...(tens > 1 ? [digits[tens]] : []), "shi", ...(ones ? [digits[ones]] : [])];
}

export function zhClips(call) {
  const [letter, ...digits] = call.number;
  return ["qing", letter, ...digits.map((digit) => ZH_DIGITS[digit]), "hao", "dao", ...zhWindow(call.window), "window"];
}

export function enClips(call) {
  const [letter, ...digits] = call.number;
  const en = (digit) => `en-${EN_DIGITS[digit]}`;
  return ["pause", "en-number", letter, ...digits.map(en), "en-window", ...[...String(call.window)].map(en)];
}

export function zhSentence(call) {
  const [letter, ...digits] = call.number;
  return `请 ${SPELT[letter] ?? letter} ${digits.map((digit) => SPOKEN[digit]).join(" ")} 号，到 ${call.window} 号窗口`;
}

export function enSentence(call) {
  return `Number ${[...call.number].join(" ")}, please go to window ${call.window}`;
}
