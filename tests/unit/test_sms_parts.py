"""How many parts an SMS has. C18: texts that fit, counted also for Chinese.

Limits: 3GPP TS 23.038 (alphabets) and TS 23.040 (headers of several parts). Meant to notice:
UCS-2 counted by characters (an emoji), an escaped character cut in two, 70 for each of several.
"""

import pytest

from appointments.messaging.parts import size

EMOJI = "🙂"  # two UTF-16 units


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("号" * 70, 1),
        ("号" * 71, 2),
        ("号" * 134, 2),
        ("号" * 135, 3),
        ("号" * 201, 3),
        ("号" * 202, 4),
        ("a" * 70 + "*", 1),
        ("a" * 70 + "号", 2),  # one Chinese character makes the whole text so
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 8, 2),  # 168 places: the escaped one is not cut at 153
        (EMOJI * 35, 1),
        (EMOJI * 36, 2),
    ],
)
def test_parts_are_counted_as_phones_do(text, parts):
    assert size(text).parts == parts


def test_a_character_of_two_places_goes_to_the_next_part_whole():
    """33 emoji fill 66 of 67 places; the 34th begins a part: 67 of them need three."""
    assert size(EMOJI * 66).parts == 2
    assert size(EMOJI * 67).parts == 3
    assert size("a" * 152 + "€" + "a" * 151).parts == 2
    assert size("a" * 152 + "€" + "a" * 152).parts == 3


def test_it_says_which_alphabet_and_how_many_places():
    latin, chinese = size("Renewal {1}"), size("换领 A1")

    assert (latin.is_gsm, latin.characters, latin.places) == (True, 11, 13)
    assert (chinese.is_gsm, chinese.characters, chinese.places) == (False, 5, 5)
