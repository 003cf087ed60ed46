"""The archive shows what was sent, and nobody's own links."""

from typing import Any

TITLES = ["A mill opens", "A train returns", "<script>alert(1)</script>", "A goat waits"]


def _sent(scene: Any) -> int:
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    return int(scene.make_edition(ready_only=False))


def test_the_index_lists_sent_editions_only(scene: Any) -> None:
    """An edition appears once its sending has begun."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    edition_id = scene.make_edition()
    assert "2026-03-02" not in scene.browser().get("/archive/daily").text
    assert scene.browser().get("/archive/daily/2026-03-02").status_code == 404
    with scene.database.transaction() as connection:
        from newsletter.delivery.start import start_sending

        start_sending(connection, edition_id, scene.clock())
    assert 'href="/archive/daily/2026-03-02"' in scene.browser().get("/archive/daily").text
    assert scene.browser().get("/archive/daily/2026-03-02").status_code == 200


def test_an_edition_is_nobodys_copy_in_a_sandbox(scene: Any) -> None:
    """No token, no address and no open slot is in the page, and it may run nothing."""
    _sent(scene)
    answer = scene.browser().get("/archive/daily/2026-03-02")
    assert "/unsubscribe/" not in answer.text
    assert "reader@example.com" not in answer.text
    assert f'href="{scene.services.settings.public_url}/"' in answer.text
    assert "a reader" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_a_feeds_script_stays_text(scene: Any) -> None:
    """What a feed says is text in the index and in the edition."""
    _sent(scene)
    for path in ("/archive/daily", "/archive/daily/2026-03-02"):
        page = scene.browser().get(path).text
        assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_is_not_there_is_a_page_of_ours(scene: Any) -> None:
    """Unknown newsletters, dates and paths answer 404 without a word about commands."""
    for path in ("/archive/nosuch", "/archive/daily/2020-01-01", "/archive/daily/x~%27", "/nothing"):
        answer = scene.browser().get(path)
        assert answer.status_code == 404
        assert "<h1>" in answer.text
        assert "`" not in answer.text
