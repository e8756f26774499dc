"""The page in a real browser: for its tests, and for the pictures in docs/embedding/web-page.md.

Run: pip install playwright && python examples/web_page/browser.py docs/images
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SENSITIVE = "I want to quit my job on Friday without another one. Is that a good idea?"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def opened_browser() -> Generator[Browser]:
    """A headless browser without a network beyond this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served_page(database: Path, *flags: str) -> Generator[str]:
    """The page's address, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = Path(__file__).with_name("app.py")
    command = [sys.executable, str(app), "--port", str(port), "--database", str(database), *flags]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own file
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1_200):
        if process.poll() is not None:
            raise RuntimeError("the page's server ended")
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the page's server did not start")


def new_page(
    browser: Browser, url: str, scheme: Literal["light", "dark"] = "light", width: int = 1100
) -> Page:
    """The page as a person sees it who never saw it before."""
    context = browser.new_context(
        viewport={"width": width, "height": 720}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page


def say(page: Page, words: str) -> None:
    """Write, send with Enter, and wait for the answer."""
    answers = page.locator("#log .message.raise").count()
    page.locator("#words").fill(words)
    page.locator("#words").press("Enter")
    page.locator("#log .message.raise").nth(answers).wait_for()


def main() -> None:
    """Write the two pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with (
        tempfile.TemporaryDirectory() as scratch,
        served_page(Path(scratch) / "d.sqlite", "--country", "GB") as url,
        opened_browser() as browser,
    ):
        light = new_page(browser, url)
        say(light, SENSITIVE)
        say(light, "I am 34, and just about getting by")
        light.screenshot(path=folder / "web-page-light.png")
        dark = new_page(browser, url, "dark")
        say(dark, SENSITIVE)
        say(dark, "I want to kill myself tonight")
        dark.screenshot(path=folder / "web-page-dark.png")


if __name__ == "__main__":
    main()
