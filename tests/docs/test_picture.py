"""The picture in README shows the screen as it is."""

from pathlib import Path

from tests.docs.picture import PICTURE, draw, words


async def test_the_picture_shows_the_same_words_as_the_screen(tmp_path: Path) -> None:
    found = words(await draw(tmp_path))
    assert found == words(PICTURE.read_text("utf-8")), "draw it anew with: python -m tests.docs.picture"


def test_the_picture_asks_nobody_for_anything() -> None:
    assert "url(" not in PICTURE.read_text("utf-8").replace("url(#", "")
