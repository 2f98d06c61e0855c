"""Reading an answer as a test needs it."""

import re


def text_of(response) -> str:
    return response.content.decode()


def key_of(response) -> str:
    """The hidden key of the page's form."""
    found = re.search(r'name="key" value="(\w+)"', text_of(response))
    assert found is not None, "the page has no form with a key"
    return found[1]
