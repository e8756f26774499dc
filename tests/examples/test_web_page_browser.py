"""Guards the web page as a person meets it, in headless Chromium: keyboard, screen reader, calm."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="pip install playwright")

from browser import SENSITIVE, chromium, new_page, opened_browser, say, served_page
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium is installed: apt-get install chromium"
    ),
]
expect.set_options(timeout=30_000)  # a busy machine is no defect of the page

ACUTE = "I want to kill myself tonight"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"> should I quit my job on Friday?"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    folder = tmp_path_factory.mktemp("page")
    with served_page(folder / "d.sqlite", "--country", "GB") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with opened_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, url: str) -> Generator[Page]:
    opened = new_page(browser, url)
    errors: list[str] = []
    asked: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    assert errors == []
    assert [one for one in asked if not one.startswith((url, "https://www.bbc.co.uk/"))] == []
    opened.context.close()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_dialogue_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link that jumps to the message
    page.keyboard.type(SENSITIVE)
    page.keyboard.press("Enter")
    answers = page.locator("#log .message.raise")
    expect(answers).to_have_count(1)
    expect(answers.last).to_contain_text("Why I ask:")
    for answered in (1, 2, 3):
        expect(answers).to_have_count(answered)
        expect(page.locator("#send")).to_be_enabled()
        assert focused(page) == "words"
        if page.locator("#skip").is_hidden():
            break
        if answered == 1:
            page.keyboard.type("I am 34")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("Tab")
            assert focused(page) == "skip"
            page.keyboard.press("Enter")
    expect(page.locator("#skip")).to_be_hidden()
    expect(page.locator("#known")).to_contain_text("25-34")
    expect(answers.last).not_to_contain_text("Why I ask:")


@pytest.mark.slow
def test_nothing_that_was_said_becomes_html(page: Page) -> None:
    title = page.title()
    say(page, HOSTILE)
    say(page, f"I am 34 {HOSTILE}")
    expect(page.locator("#log .message.you").first).to_contain_text(HOSTILE)
    page.reload()
    expect(page.locator("#log .message.you").first).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.title() == title


@pytest.mark.slow
def test_help_is_shown_calmly_and_nothing_else_is_asked_for(page: Page) -> None:
    say(page, ACUTE)
    help_first = page.locator("#log .message.help")
    expect(help_first).to_contain_text("116 123")
    expect(help_first).not_to_contain_text("Why I ask:")
    expect(page.locator("#skip")).to_be_hidden()
    page.reload()
    expect(page.locator("#log .message.help")).to_contain_text("116 123")


@pytest.mark.slow
def test_one_fact_and_then_everything_is_deleted_by_keyboard(page: Page) -> None:
    say(page, SENSITIVE)
    say(page, "I am 34")
    page.get_by_role("button", name="Delete Age: 25-34").press("Enter")
    expect(page.locator("#status")).to_have_text("Deleted: Age.")
    expect(page.locator("#known")).to_contain_text("not told; I will not ask again")
    expect(page.locator("#log")).not_to_contain_text("34")
    expect(page.locator("#skip")).to_be_visible()
    assert focused(page) == "known-title"
    page.locator("#delete-all").press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#log .message")).not_to_have_count(0)
    page.locator("#delete-all").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete everything").press("Enter")
    expect(page.locator("#status")).to_have_text("Everything is deleted.")
    expect(page.locator("#log .message")).to_have_count(0)
    expect(page.locator("#skip")).to_be_hidden()
    page.reload()
    expect(page.locator("#hello")).to_be_visible()


@pytest.mark.slow
def test_leaving_quickly_deletes_and_leaves_no_way_back(page: Page, url: str) -> None:
    def weather(route: Route) -> None:
        route.fulfill(body="Sunny.", content_type="text/plain")

    page.route("https://www.bbc.co.uk/**", weather)
    say(page, SENSITIVE)
    with page.expect_request(lambda request: request.method == "DELETE") as deletion:
        page.locator("#leave").press("Enter")
    page.wait_for_url("https://www.bbc.co.uk/weather")
    assert deletion.value.url == f"{url}/api/dialogue"
    page.go_back()
    assert not page.url.startswith(url)
    page.goto(url)
    expect(page.locator("#hello")).to_be_visible()


@pytest.mark.slow
def test_words_are_not_lost_where_the_server_cannot_be_reached(page: Page) -> None:
    page.route("**/api/turn", lambda route: route.abort())
    page.locator("#words").fill(SENSITIVE)
    page.locator("#words").press("Enter")
    expect(page.locator("#status")).to_contain_text("emergency number")
    expect(page.locator("#words")).to_have_value(SENSITIVE)
    assert focused(page) == "words"
    page.unroute("**/api/turn")
    page.locator("#words").press("Enter")
    expect(page.locator("#log .message.raise")).to_have_count(1)
    expect(page.locator("#log .message.you")).to_have_count(1)


@pytest.mark.slow
def test_what_breaks_after_the_turn_takes_no_words_back(page: Page) -> None:
    def breaks(route: Route) -> None:
        answered = route.fetch()
        route.fulfill(response=answered, body=answered.text() + "broken\n")

    page.route("**/api/turn", breaks)
    say(page, SENSITIVE)
    expect(page.locator("#log .message.raise")).to_have_count(1)
    expect(page.locator("#log .message.you")).to_have_count(1)
    expect(page.locator("#words")).to_have_value("")
    expect(page.locator("#status")).to_have_text("")


@pytest.mark.slow
def test_a_deletion_that_fails_says_so_and_leaves_the_page_usable(page: Page) -> None:
    say(page, SENSITIVE)
    say(page, "I am 34")
    page.route("**/api/**", lambda route: route.abort())
    for button in ("Delete Age: 25-34", "Delete everything"):
        page.get_by_role("button", name=button, exact=True).press("Enter")
        if button == "Delete everything":
            page.locator("#sure-yes").press("Enter")
        expect(page.locator("#status")).to_have_text("That could not be deleted; try again.")
        expect(page.locator("#send")).to_be_enabled()
        page.locator("#status").evaluate("(status) => { status.textContent = ''; }")
    expect(page.locator("#known")).to_contain_text("25-34")
    page.unroute("**/api/**")
    page.get_by_role("button", name="Delete Age: 25-34").press("Enter")
    expect(page.locator("#status")).to_have_text("Deleted: Age.")


@pytest.mark.slow
def test_a_screen_reader_hears_each_reply_once_and_whole(page: Page) -> None:
    heard: Any = """() => {
      window.heard = [];
      new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
        (node) => window.heard.push(node.textContent)))).observe(document.getElementById("log"),
        { childList: true, subtree: true, characterData: true });
    }"""
    page.evaluate(heard)
    say(page, "What is a good pasta recipe?")
    expect(page.locator("#send")).to_be_enabled()
    replies = [one for one in page.evaluate("window.heard") if one.startswith("Reply: ")]
    assert replies == page.locator("#log .message.raise").all_text_contents()
    assert page.locator("#log").get_attribute("aria-live") == "polite"
    assert page.locator("#draft").get_attribute("aria-hidden") == "true"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, url: str, scheme: Any, width: int) -> None:
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = new_page(browser, url, scheme, width)

    def found() -> list[str]:
        return [one["id"] for one in axe.run(page).response["violations"]]

    assert found() == []
    say(page, SENSITIVE)
    say(page, "I am 34")
    assert found() == []
    page.locator("#delete-all").click()
    assert found() == []
    page.keyboard.press("Escape")
    say(page, ACUTE)
    assert found() == []
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    page.context.close()


@pytest.mark.slow
def test_nothing_moves_for_who_wants_less_motion(page: Page) -> None:
    say(page, SENSITIVE)
    names = page.evaluate(
        "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).animationName)"
    )
    assert set(names) == {"none"}


@pytest.mark.slow
def test_the_pictures_in_the_docs_can_be_made(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = Path(__file__).parents[2] / "examples" / "web_page" / "browser.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    made = sorted(path.name for path in tmp_path.glob("*.png"))
    assert made == ["web-page-dark.png", "web-page-light.png"]
    assert all(path.stat().st_size < 150_000 for path in tmp_path.glob("*.png"))
