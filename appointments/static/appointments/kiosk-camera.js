// The kiosk's camera reads a booking's code where the browser can; when there is none, or
// it cannot, that is said, and the field is ready for typing.
const part = document.querySelector("[data-camera]");
const field = document.getElementById("id_said");
const [video, button, says] = ["video", "button", "p"].map((name) => part?.querySelector(name));
const WHY = { NotAllowedError: "refused", SecurityError: "refused" };

function giveUp(why) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.hidden = true;
  button.hidden = true;
  says.textContent = part.dataset[why];
  field.focus();
}

async function look(detector) {
  const [code] = await detector.detect(video).catch(() => []);
  if (code?.rawValue) {
    field.value = code.rawValue.slice(0, 300);
    video.srcObject.getTracks().forEach((track) => track.stop());
    field.form.requestSubmit();
  } else if (!video.hidden) setTimeout(look, 200, detector);
}

async function start() {
  if (!navigator.mediaDevices?.getUserMedia) return giveUp("none");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch (error) {
    return giveUp(WHY[error.name] ?? "none");
  }
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
  if (!formats?.includes("qr_code")) return giveUp("blind");
  video.hidden = false;
  await video.play();
  look(new BarcodeDetector({ formats: ["qr_code"] }));
}

if (part) {
  part.hidden = false;
  button.addEventListener("click", start);
}
