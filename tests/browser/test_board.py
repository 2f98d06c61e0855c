"""The hall's screen through Chromium, with a voice that writes down what it is told.

# C16 C34
"""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from config import civil
from queues.board import board_of
from queues.issuing import issue_walk_in
from tests.browser.conftest import BOARD_SIZE, is_accessible, shown
from tests.conftest import make_staff
from windows.models import Window
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

SOON = {"timeout": 20_000}

# A voice that writes down, a stream that the test feeds, and seconds that last 25 ms.
FAKES = """
window.said = [];
const voices = [{ lang: "zh-CN", localService: true }, { lang: "en-GB", localService: true }];
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => voices, cancel() {},
  speak(one) {
    window.said.push([one.text, document.querySelector("[data-number]")?.textContent]);
    setTimeout(() => one.onend(), 800);
  },
}});
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
window.AudioContext = class { state = "running"; async resume() {} };
const [slow, often] = [window.setTimeout, window.setInterval];
window.haste = 40;
window.setTimeout = (work, ms) => slow(work, ms / window.haste);
window.setInterval = (work, ms) => often(work, ms / 4);
window.streams = [];
window.EventSource = class extends EventTarget {
  static CLOSED = 2; static OPEN = 1;
  constructor(address) {
    super();
    Object.assign(this, { address, readyState: 1 });
    window.streams.push(this);
  }
  close() { this.readyState = 2; }
};
window.hear = (kind, told) => window.streams.at(-1).dispatchEvent(
  new MessageEvent(kind, { data: JSON.stringify(told) }));
"""


@pytest.fixture
def hall_of_30(open_hall, renewal):
    """A hall in which thirty windows are staffed."""
    for number in range(1, 31):
        window, _made = Window.objects.get_or_create(hall=open_hall, number=number)
        window.matters.add(renewal)
        clerk = make_staff(f"clerk-at-{number}", open_hall, "clerk")
        sign_in(staff=clerk, window=window, now=civil.now())
    return open_hall


@pytest.fixture
def screen(open_page, hall_of_30):
    page = open_page(BOARD_SIZE, language="zh")
    page.add_init_script(FAKES)
    page.goto("/board/H01/")
    page.locator("[data-number], .board__now--quiet").first.wait_for()
    until(page, "window.streams.length > 0")
    return page


def a_state(hall, calls, **more) -> dict:
    """The hall's state as it would be with these calls standing, {window: (number, round)}."""
    told = json.loads(json.dumps(board_of(hall, civil.now()).as_json(), default=str))
    told["windows"] = [
        {"window": window, "number": number, "state": "called", "call": 0, "round": n}
        for window, (number, n) in calls.items()
    ]
    told["html"] = ""
    return told | more


def a_call(number: int, window: int, n: int = 1) -> dict:
    return {"id": number, "number": f"A{number % 100:03d}", "window": window, "round": n}


def told(page, *writes) -> None:
    """Writes of the stream: the calls in order, then the state that came of them."""
    page.evaluate(
        """(writes) => {
            const html = document.querySelector("main").innerHTML;
            for (const [calls, state] of writes) {
                calls.forEach((call) => hear("call", call));
                hear("message", { ...state, html });
            }
        }""",
        writes,
    )


def said(page) -> list[str]:
    """The numbers that were spoken, in order."""
    texts = page.evaluate("window.said.map(([text]) => text)")
    digits = {one: str(n) for n, one in enumerate("零幺二三四五六七八九")}
    found = [re.match(r"请 (\S+) (.+) 号，到 (\d+) 号窗口", text) for text in texts]
    return [one[1] + "".join(digits[d] for d in one[2].split()) for one in found if one]


def until(page, script: str, seconds: float = 60) -> None:
    """Waits from here: the content policy lets no script be made of a string there."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(script):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(50)


def quiet_again(page, count: int) -> None:
    until(page, f"window.said.length >= {count}")
    until(page, "!document.querySelector('.board__now--new')")


def test_a_burst_of_thirty_calls_is_announced_in_order_each_once(screen, hall_of_30):
    calls = [a_call(n, n) for n in range(1, 31)]
    standing = {call["window"]: (call["number"], 1) for call in calls}

    state = a_state(hall_of_30, standing)
    told(screen, *(([calls[n : n + 10], state]) for n in range(0, 30, 10)))  # three writes
    told(screen, [calls[-5:], state])  # and some heard twice
    quiet_again(screen, 30)

    assert said(screen) == [call["number"] for call in calls]
    assert screen.evaluate(  # what is spoken is what is shown
        "window.said.every(([text, shown]) => text.includes(shown[0]) && [...shown.slice(1)]"
        ".every((d) => text.includes('零幺二三四五六七八九'[d])))"
    )


def test_a_call_that_no_longer_stands_is_passed_over_and_a_recall_is_said(screen, hall_of_30):
    first, gone, later = a_call(1, 1), a_call(2, 2), a_call(3, 3)
    everybody = {1: ("A001", 1), 2: ("A002", 1), 3: ("A003", 1)}
    recall = a_call(4, 1, 2) | {"number": "A001"}
    told(
        screen,
        [[first, gone, later], a_state(hall_of_30, everybody)],
        [[], a_state(hall_of_30, {1: ("A001", 1), 3: ("A003", 1)})],  # A002 came
        [[recall], a_state(hall_of_30, {1: ("A001", 2), 3: ("A003", 1)})],
    )
    quiet_again(screen, 3)

    assert said(screen) == ["A001", "A003", "A001"]


def test_calls_heard_in_another_order_are_said_in_theirs(screen, hall_of_30):
    standing = {n: (f"A00{n}", 1) for n in (1, 2, 3, 4)}
    state = a_state(hall_of_30, standing)
    told(screen, [[a_call(1, 1), a_call(4, 4)], state], [[a_call(3, 3), a_call(2, 2)], state])
    quiet_again(screen, 4)

    assert said(screen) == ["A001", "A002", "A003", "A004"]


def test_a_screen_that_slept_asks_for_what_it_missed(screen, hall_of_30):
    told(screen, [[a_call(7, 1)], a_state(hall_of_30, {1: ("A007", 1)})])
    quiet_again(screen, 1)

    screen.evaluate("Date.now = ((now) => () => now() + 3600e3)(Date.now)")  # an hour asleep
    until(screen, "window.streams.length > 1")

    assert screen.evaluate("window.streams.at(-1).address").endswith("&after=7")
    missed = [a_call(7, 1), a_call(8, 2), a_call(9, 3)]  # 7 again, 8 gone meanwhile
    told(screen, [missed, a_state(hall_of_30, {3: ("A009", 1)})])
    quiet_again(screen, 2)
    assert said(screen) == ["A007", "A009"]


def test_a_page_that_is_loaded_again_goes_on_where_it_was(screen, hall_of_30):
    told(screen, [[a_call(11, 1)], a_state(hall_of_30, {1: ("A011", 1)})])
    quiet_again(screen, 1)

    screen.reload()
    until(screen, "window.streams.length > 0")

    assert screen.evaluate("window.streams.at(-1).address").endswith("&after=11")


def test_english_follows_when_the_hall_wants_it_and_nobody_speaks_in_quiet_mode(screen, hall_of_30):
    voice = {"by": "auto", "english": True, "quiet": False, "own": ""}
    told(screen, [[a_call(1, 1)], a_state(hall_of_30, {1: ("A001", 1)}, voice=voice)])
    quiet_again(screen, 2)
    assert screen.evaluate("window.said[1][0]") == "Number A 0 0 1, please go to window 1"

    quiet = voice | {"quiet": True}
    told(screen, [[a_call(2, 2)], a_state(hall_of_30, {2: ("A002", 1)}, voice=quiet)])
    expect(screen.locator(".board--quiet .board__now--new [data-number]")).to_have_text("A002")
    expect(screen.locator("[data-sound]")).to_contain_text(re.compile("安静|Quiet"))
    assert screen.evaluate("window.said.length") == 2


def test_a_test_call_is_said_once_and_named_as_one(screen, hall_of_30):
    screen.evaluate("hear('test', { key: 'k', number: 'W012', window: 21 })")
    quiet_again(screen, 1)

    assert screen.evaluate("window.said[0][0]") == "请 达不溜 零 幺 二 号，到 21 号窗口"


def test_a_screen_without_sound_says_so_plainly(open_page, hall_of_30):
    page = open_page(BOARD_SIZE)
    page.goto("/board/H01/")
    button = page.locator("[data-sound]")

    expect(button).to_have_text("No sound: press here once", **SOON)
    button.click()
    expect(button).to_have_text("Sound is on", **SOON)
    assert shown(button)
    is_accessible(page)


def test_out_of_touch_is_said_with_the_time(open_page, open_hall):
    page = open_page(BOARD_SIZE)
    page.goto("/board/H01/")
    page.locator("[data-sound]:not([hidden])").wait_for()

    page.context.set_offline(True)
    lost = page.locator("[data-lost]")
    expect(lost).to_be_visible(**SOON)
    expect(lost).to_contain_text(re.compile(r"Out of touch since \d\d:\d\d"))

    page.context.set_offline(False)
    expect(lost).to_be_hidden(**SOON)
    assert shown(page.locator("[data-sound]"))


def test_hours_of_calls_leave_nothing_behind(screen, hall_of_30):
    """Nodes and listeners after 300 states with a call each are those after 20."""
    devtools = screen.context.new_cdp_session(screen)
    devtools.send("Performance.enable")

    def play(first: int, last: int) -> dict[str, float]:
        for n in range(first, last):
            number = f"A{n % 100:03d}"
            call = a_call(n, 1) | {"number": number}
            state = a_state(hall_of_30, {1: (number, 1)}) if n % 20 == 0 else None
            screen.evaluate(
                """([call, state]) => {
                    window.kept = state ?? window.kept;
                    const told = structuredClone(window.kept);
                    told.windows[0].number = call.number;
                    told.html = `${window.page ??= document.querySelector("main").innerHTML}`
                        .replace("</ol>", `<li>${call.number}</li></ol>`);
                    hear("call", call);
                    hear("message", told);
                }""",
                [call, state],
            )
        until(screen, "!document.querySelector('.board__now--new')")
        devtools.send("HeapProfiler.collectGarbage")
        found = devtools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}

    before, after = play(20, 40), play(40, 340)

    assert after["Nodes"] <= before["Nodes"] * 1.1 + 50
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 2
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.5 + 500_000


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_call_blinks_slowly_or_stands_out_without_moving(screen, hall_of_30, motion):
    """WCAG 2.3.1: at most three flashes in any second; here one in 1.2 s, or none."""
    screen.emulate_media(reduced_motion=motion)
    screen.evaluate("window.haste = 1")
    told(screen, [[a_call(1, 1)], a_state(hall_of_30, {1: ("A001", 1)})])
    card = screen.locator(".board__now--new")
    card.wait_for()

    style = card.evaluate(
        "(e) => { const s = getComputedStyle(e); return [s.animationName, s.animationDuration,"
        " s.backgroundColor, s.color]; }"
    )
    if motion == "reduce":
        assert style[0] == "none"
        assert style[2:] == ["rgb(245, 184, 61)", "rgb(16, 33, 47)"]
    else:
        assert style[:2] == ["board-call", "1.2s"]


def test_letters_are_high_enough_for_ten_metres(open_page, hall_of_30, renewal):
    """On a 55-inch screen: 0.634 mm a pixel; capitals are 0.733 of the font's size."""
    issue_walk_in(hall=hall_of_30, matter=renewal, now=civil.now())
    Window.objects.filter(number__gt=12).update(is_in_use=False)
    page = open_page(BOARD_SIZE)
    page.goto("/board/H01/")

    def millimetres(selector: str) -> float:
        size = page.locator(selector).first.evaluate(
            "e => parseFloat(getComputedStyle(e).fontSize)"
        )
        return size * 0.733 * 0.634

    for selector in (".board__waits b", ".board__note--on", ".board__next span", ".board__hall"):
        assert millimetres(selector) >= 25, selector
    assert millimetres(".board__next b") >= 35
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
