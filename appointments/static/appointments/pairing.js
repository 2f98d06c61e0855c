// An unpaired screen looks again and again whether its code was typed.
const card = document.querySelector("[data-again]");
if (card) setTimeout(() => location.reload(), card.dataset.again * 1000);
