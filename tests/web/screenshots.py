"""Pictures of every page, light and dark, on a phone and on a desk, and of the report as it is printed.

make screenshots            # writes out/screens/*.png
make screenshots ONLY=room  # only names that contain it
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import scenery
import tour

WIDTHS = {"phone": 390, "desk": 1280}


def say(line):
    """Tell on stderr."""
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """Take the pictures; tell what is wider than its window or logs an error, and return 1 where something is."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--out", type=Path, default=Path("out/screens"))
    asked.add_argument("--only", default="", help="part of a page's name")
    asked.add_argument("--schemes", default="light,dark")
    asked.add_argument("--widths", default="phone,desk")
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=tour.CHROMIUM, args=tour.FLAGS)
        say("setting the scene")
        at = Path(home)
        full, seen = scenery.hiring(at / "hiring", calibrated=not given.only)
        lesson, _ = scenery.practice(at / "practice")
        bare = scenery.opened(at / "bare", policy="hiring")
        for scheme in given.schemes.split(","):
            for width in given.widths.split(","):
                began = time.monotonic()
                for name, house, ids in (("", full, seen), ("practice-", lesson, None), ("empty-", bare, {})):
                    faults += _shoot(browser, house, ids, name, scheme, width, given)
                say(f"{scheme} {width}: {time.monotonic() - began:.0f} s")
        faults += _printed(browser, full, seen, given)
        browser.close()
    say(f"{len(list(given.out.glob('*.png')))} pictures in {given.out}")
    for fault in dict.fromkeys(faults):
        say(fault)
    return 1 if faults else 0


def _shoot(browser, house, ids, prefix, scheme, width, given):
    faults = []
    with tour.serving(house) as address:
        ways = (
            [tour.candidates_way]
            if ids is None
            else [tour.staffs_way]
            if not ids
            else [tour.candidates_way, tour.staffs_way]
        )
        for way in ways:
            context = browser.new_context(
                base_url=address,
                color_scheme=scheme,
                viewport={"width": WIDTHS[width], "height": 844 if width == "phone" else 900},
                reduced_motion="reduce",
            )
            context.set_default_timeout(15_000)
            with tour.errors_of(context) as errors:
                for name, page in way(context, house) if way is tour.candidates_way else way(context, house, ids):
                    if given.only not in prefix + name:
                        continue
                    page.screenshot(path=given.out / f"{prefix}{name}-{scheme}-{width}.png", full_page=True)
                    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    faults += [f"{prefix}{name} at {width}: {over} px too wide"] if over > 0 else []
            faults += [f"{prefix} {width} {scheme}: {text}" for text in errors]
            context.close()
    return faults


def _printed(browser, house, seen, given):
    with tour.serving(house) as address:
        context = browser.new_context(base_url=address, viewport={"width": 720, "height": 1000})
        page = tour.signed_in(context, house)
        page.emulate_media(media="print")
        for name in ("ended", "plain"):
            page.goto(f"/staff/reports/{seen[name]}")
            page.screenshot(path=given.out / f"print-report-{name}.png", full_page=True)
            page.pdf(path=given.out / f"print-report-{name}.pdf", format="A4")
        context.close()
    return []


if __name__ == "__main__":
    sys.exit(main())
